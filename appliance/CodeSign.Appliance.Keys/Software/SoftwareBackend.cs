using System.Diagnostics.CodeAnalysis;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.X509;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// Keys in this process's memory, worked by libcrypto (post-quantum ones by BouncyCastle) on the caller's thread. It knows neither users nor where keys are stored.
/// </summary>
public sealed class SoftwareBackend(SoftwareOptions options, TimeProvider time) : IKeyBackend
{
    /// <summary>Key pairs made at once: RSA-4096 takes seconds of a core, and signatures come first.</summary>
    private const int GenerationsMax = 1;

    /// <summary>Edwards keys hash what they sign.</summary>
    private const int QuickBytesMax = 4096;

    private readonly PreparedKeys _prepared = new(options, time);
    private readonly SemaphoreSlim _generating = new(GenerationsMax);

    // SLH-DSA takes up to seconds of a core for one signature: others' must find one free.
    private readonly SemaphoreSlim _lengthy = new(int.Max(1, Environment.ProcessorCount / 2));

    public string Name => "software";

    public BackendHealth Health => new(Available: true, $"{_prepared.Count} keys prepared", Queued: 0);

    /// <summary>Unsealed keys held now.</summary>
    public int PreparedKeyCount => _prepared.Count;

    /// <summary>Reads a PrivateKeyInfo or, with a passphrase, an EncryptedPrivateKeyInfo (RFC 5958); DER or PEM.</summary>
    /// <exception cref="FaultException">key.import.*, key.unsupported, key.weak.</exception>
    public NewKey ImportPkcs8(ReadOnlySpan<byte> file, ReadOnlySpan<byte> passphrase = default)
    {
        ObjectDisposedException.ThrowIf(_prepared.IsClosed, this);
        return KeyImport.FromPkcs8(file, passphrase);
    }

    /// <summary>Takes a PrivateKeyInfo that was made of an application's numbers; its key may be one that agrees on secrets.</summary>
    /// <exception cref="FaultException">key.import.*, key.unsupported, key.weak.</exception>
    public NewKey ImportNumbers(ReadOnlySpan<byte> pkcs8)
    {
        ObjectDisposedException.ThrowIf(_prepared.IsClosed, this);
        return KeyImport.FromNumbers(pkcs8);
    }

    /// <summary>Reads key and certificates out of a PKCS#12 file (RFC 7292) that holds one private key.</summary>
    /// <param name="der">The file.</param>
    /// <param name="passphrase">UTF-8.</param>
    /// <exception cref="FaultException">key.import.*, key.unsupported, key.weak.</exception>
    public ImportedKey ImportPkcs12(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase)
    {
        ObjectDisposedException.ThrowIf(_prepared.IsClosed, this);
        using Pkcs12File file = Pkcs12File.Read(der, passphrase);
        file.Key.UseUncompressedPoint();
        NewKey key = KeyImport.Admit(file.Key);
        try
        {
            return new ImportedKey(key, [.. file.Certificates.OrderByDescending(certificate =>
                CertificateFacts.FromDer(certificate).PublicKeyInfo.AsSpan().SequenceEqual(key.PublicKeyInfo))]);
        }
        catch (FaultException)
        {
            key.Private?.Dispose();
            throw;
        }
    }

    public bool Supports(KeyAlgorithm algorithm) => true;

    public bool Supports(KeyAlgorithm algorithm, SignatureMechanism mechanism) => mechanism.KeyType == algorithm.KeyType;

    public async Task<NewKey> GenerateAsync(KeyAlgorithm algorithm, string keyId, CancellationToken cancel)
    {
        await _generating.WaitAsync(cancel);
        try
        {
            // A thread of its own: seconds of work don't belong on the pool that answers signatures.
            TaskCompletionSource<NewKey> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Thread thread = new(() => Complete(made, algorithm)) { IsBackground = true, Name = "generate " + algorithm.Name };
            thread.Start();
            NewKey key = await made.Task;
            if (cancel.IsCancellationRequested)
            {
                key.Private?.Dispose();
                cancel.ThrowIfCancellationRequested();
            }

            return key;
        }
        finally
        {
            _generating.Release();
        }
    }

    public bool Supports(SecretKeyMechanism mechanism) => true;

    [SuppressMessage("Reliability", "CA2000", Justification = "The receiver disposes the secret.")]
    public Task<NewSecretKey> GenerateSecretAsync(
        SecretKeyMechanism mechanism, int bytes, SecretKeyUses uses, string keyId, CancellationToken cancel) =>
        Task.FromResult(new NewSecretKey(SecretBytes.Random(bytes), DeviceId: null));

    public Task<bool> DestroySecretAsync(ReadOnlyMemory<byte> deviceId, CancellationToken cancel) =>
        Task.FromException<bool>(new ArgumentException("Software has no device.", nameof(deviceId)));

    /// <summary>
    /// Signs on the caller's thread where that takes about as long as handing over does, otherwise on the pool: whoever reads from
    /// sockets must not be held up for milliseconds.
    /// </summary>
    public ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input, CancellationToken cancel)
    {
        try
        {
            ReadOnlyMemory<byte> data = SigningRules.Check(key.Algorithm, input);
            return IsQuick(key.Algorithm, data.Length) ? new ValueTask<byte[]>(Sign(key, input, data))
                : key.Algorithm.KeyType == CKK.CKK_SLH_DSA ? new ValueTask<byte[]>(SignInTurnAsync(key, input, data, cancel))
                : new ValueTask<byte[]>(Task.Run(() => Sign(key, input, data), cancel));
        }
        catch (FaultException refused)
        {
            return ValueTask.FromException<byte[]>(refused);
        }
    }

    /// <summary>Wipes a prepared key.</summary>
    public void Forget(string keyId) => _prepared.Forget(keyId);

    public Task<bool> DestroyAsync(KeyReference key, CancellationToken cancel)
    {
        _prepared.Forget(key.KeyId);
        return Task.FromResult(true);
    }

    /// <summary>Wipes every prepared key; signatures in progress finish first.</summary>
    public ValueTask DisposeAsync()
    {
        _prepared.Dispose();
        _generating.Dispose();
        _lengthy.Dispose();
        return default;
    }

    // About a quarter of a millisecond.
    private static bool IsQuick(KeyAlgorithm algorithm, int bytes) => bytes <= QuickBytesMax && (algorithm.Name is "p256" or "ed25519" or "rsa2048");

    private async Task<byte[]> SignInTurnAsync(KeyReference key, SignatureInput input, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await _lengthy.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => Sign(key, input, data), cancel);
        }
        finally
        {
            _lengthy.Release();
        }
    }

    private byte[] Sign(KeyReference key, in SignatureInput input, ReadOnlyMemory<byte> data)
    {
        PreparedKey prepared = _prepared.Hold(key);
        try
        {
            return prepared.Sign(input, data.Span);
        }
        finally
        {
            prepared.Release();
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The receiver disposes the secret.")]
    [SuppressMessage("Design", "CA1031", Justification = "The thread's whole outcome goes to the task.")]
    private static void Complete(TaskCompletionSource<NewKey> made, KeyAlgorithm algorithm)
    {
        try
        {
            if (PostQuantumKey.Knows(algorithm))
            {
                made.SetResult(PostQuantumKey.Generate(algorithm));
                return;
            }

            using PrivateKey key = PrivateKey.Generate(algorithm);
            made.SetResult(new NewKey(key.ToPublicKeyInfo(), key.ToPkcs8(), DeviceId: null));
        }
        catch (Exception failure)
        {
            made.SetException(failure);
        }
    }
}

/// <param name="Key">The key; the receiver disposes its private part.</param>
/// <param name="Chain">Certificates, DER: the key's own first when there is one; not verified, see <c>CertificateChain</c>.</param>
public sealed record ImportedKey(NewKey Key, IReadOnlyList<byte[]> Chain);
