using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>Keys that live in a hardware security module and never leave it.</summary>
public sealed class PassThroughBackend(HsmOptions options, TimeProvider time) : IKeyBackend
{
    public string Name => "hsm:" + options.Name;

    public BackendHealth Health => new(Available: false, "not there yet", Queued: 0);

    /// <summary>Takes a key that is on the device already, after it signed a challenge that verifies with its public key.</summary>
    /// <param name="deviceId">CKA_ID.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="FaultException">hsm.*</exception>
    public Task<AdoptedKey> AdoptAsync(ReadOnlyMemory<byte> deviceId, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Lets the PIN be tried once more, after an operator has put right what made the device refuse it.</summary>
    public void OperatorReset() => throw new NotSupportedException(time.ToString());

    public bool Supports(KeyAlgorithm algorithm) => throw new NotSupportedException();

    public bool Supports(KeyAlgorithm algorithm, SignatureMechanism mechanism) => throw new NotSupportedException();

    public Task<NewKey> GenerateAsync(KeyAlgorithm algorithm, string keyId, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input, CancellationToken cancel) => throw new NotSupportedException();

    public Task DestroyAsync(KeyReference key, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}

/// <param name="Key">Reference and public key.</param>
/// <param name="Algorithm">Its row.</param>
/// <param name="Warnings">Sentences for the operator, such as: the device says the key is extractable.</param>
public sealed record AdoptedKey(NewKey Key, KeyAlgorithm Algorithm, IReadOnlyList<string> Warnings);
