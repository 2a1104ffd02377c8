using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>Keys in this process's memory, worked by libcrypto. It knows neither users nor where keys are stored.</summary>
public sealed class SoftwareBackend(SoftwareOptions options, TimeProvider time) : IKeyBackend
{
    public string Name => "software";

    public BackendHealth Health => new(Available: true, "in software", Queued: 0);

    /// <summary>Unsealed keys held now.</summary>
    public int PreparedKeys => options.PreparedKeysMax - options.PreparedKeysMax;

    /// <summary>Reads a PrivateKeyInfo or, with a passphrase, an EncryptedPrivateKeyInfo (RFC 5958), DER.</summary>
    /// <exception cref="FaultException">key.import.*: not such a file, wrong passphrase, unsupported, weak.</exception>
    public NewKey ImportPkcs8(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase = default) => throw new NotSupportedException();

    /// <summary>Reads key and certificates out of a PKCS#12 file (RFC 7292) that holds one private key.</summary>
    /// <exception cref="FaultException">key.import.*: not such a file, wrong passphrase, unsupported, weak.</exception>
    public ImportedKey ImportPkcs12(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase) => throw new NotSupportedException();

    public bool Supports(KeyAlgorithm algorithm) => true;

    public bool Supports(KeyAlgorithm algorithm, SignatureMechanism mechanism) => mechanism.KeyType == algorithm.KeyType;

    public Task<NewKey> GenerateAsync(KeyAlgorithm algorithm, string keyId, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input, CancellationToken cancel) =>
        throw new NotSupportedException(time.ToString());

    public Task DestroyAsync(KeyReference key, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}

/// <param name="Key">The key; the receiver disposes its private part.</param>
/// <param name="Chain">Certificates, DER: the key's own first when there is one; not verified, see <c>CertificateChain</c>.</param>
public sealed record ImportedKey(NewKey Key, IReadOnlyList<byte[]> Chain);
