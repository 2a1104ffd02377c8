using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>
/// What performs private-key operations: software, or a hardware security module. A property of the environment, invisible to
/// clients. Failures of a request are <see cref="FaultException"/>s.
/// </summary>
public interface IKeyBackend : IAsyncDisposable
{
    /// <summary>As an environment's storage names it: <c>software</c> or <c>hsm:NAME</c>.</summary>
    string Name { get; }

    BackendHealth Health { get; }

    /// <summary>Whether keys of this algorithm can be made here.</summary>
    bool Supports(KeyAlgorithm algorithm);

    /// <summary>Whether this mechanism works here with a key of this algorithm.</summary>
    bool Supports(KeyAlgorithm algorithm, SignatureMechanism mechanism);

    /// <summary>Makes a key pair: sensitive, never extractable, for signing only.</summary>
    /// <param name="algorithm">What kind.</param>
    /// <param name="keyId">The appliance's id of the key (32 hex digits); on a device the label of the object.</param>
    /// <param name="cancel">Gives up waiting; a key made on a device all the same is removed.</param>
    Task<NewKey> GenerateAsync(KeyAlgorithm algorithm, string keyId, CancellationToken cancel);

    /// <summary>Whether this mechanism makes secret keys here.</summary>
    bool Supports(SecretKeyMechanism mechanism);

    /// <summary>Makes a secret key; on a device it is sensitive and never extractable.</summary>
    /// <param name="mechanism">What kind.</param>
    /// <param name="bytes">A length the mechanism makes.</param>
    /// <param name="uses">What it may do; on a device it can do nothing else.</param>
    /// <param name="keyId">As for <see cref="GenerateAsync"/>.</param>
    /// <param name="cancel">Gives up waiting; a key made on a device all the same is removed.</param>
    Task<NewSecretKey> GenerateSecretAsync(SecretKeyMechanism mechanism, int bytes, SecretKeyUses uses, string keyId, CancellationToken cancel);

    /// <summary>Removes a secret key from the device. Done twice it does no harm.</summary>
    /// <param name="deviceId">CKA_ID of the key on the device.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>False where the device shows no such key.</returns>
    Task<bool> DestroySecretAsync(ReadOnlyMemory<byte> deviceId, CancellationToken cancel);

    /// <summary>Signs. The result is as PKCS#11 gives it out: ECDSA r‖s, RSA as long as the modulus.</summary>
    ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input, CancellationToken cancel);

    /// <summary>Forgets a prepared key and removes it from the device, if it lives there. Done twice it does no harm.</summary>
    /// <returns>False where the device shows no such key: it may be gone, or on another device.</returns>
    Task<bool> DestroyAsync(KeyReference key, CancellationToken cancel);
}

/// <param name="Available">Whether it answers now.</param>
/// <param name="Detail">Why not, and what to do; or what it is.</param>
/// <param name="Queued">Requests waiting.</param>
public sealed record BackendHealth(bool Available, string Detail, int Queued);

/// <summary>A key pair just made, imported or adopted. Exactly one of Private and DeviceId is set.</summary>
/// <param name="PublicKeyInfo">SubjectPublicKeyInfo, DER.</param>
/// <param name="Private">PKCS#8 PrivateKeyInfo, DER, to be sealed by the store; the receiver disposes it.</param>
/// <param name="DeviceId">CKA_ID of the key on the device.</param>
public sealed record NewKey(byte[] PublicKeyInfo, SecretBytes? Private, byte[]? DeviceId);

/// <summary>A secret key just made. Exactly one of Value and DeviceId is set.</summary>
/// <param name="Value">Its bytes, to be sealed by the store; the receiver disposes them.</param>
/// <param name="DeviceId">CKA_ID of the key on the device.</param>
public sealed record NewSecretKey(SecretBytes? Value, byte[]? DeviceId);

/// <summary>All a backend needs to find a key again.</summary>
/// <param name="KeyId">The appliance's id; the prepared-key cache's key.</param>
/// <param name="Algorithm">Its row.</param>
/// <param name="PublicKeyInfo">SubjectPublicKeyInfo, DER.</param>
/// <param name="DeviceId">CKA_ID on the device, or null for a software key.</param>
/// <param name="OpenPrivate">Unseals the PKCS#8 of a software key; called only when the key isn't prepared.</param>
public sealed record KeyReference(
    string KeyId, KeyAlgorithm Algorithm, byte[] PublicKeyInfo, byte[]? DeviceId, Func<SecretBytes>? OpenPrivate);

/// <summary>What to sign and how.</summary>
/// <param name="Mechanism">Its row.</param>
/// <param name="Pss">CK_RSA_PKCS_PSS_PARAMS, for PSS mechanisms only.</param>
/// <param name="Data">The digest where the mechanism hashes first, else the caller's bytes.</param>
public readonly record struct SignatureInput(SignatureMechanism Mechanism, PssParameters? Pss, ReadOnlyMemory<byte> Data)
{
    /// <summary>CK_SIGN_ADDITIONAL_CONTEXT, for the mechanisms that take one; null is as good as an empty one.</summary>
    public SigningContext? Context { get; init; }
}

/// <summary>CK_RSA_PKCS_PSS_PARAMS (PKCS#11 v3.0 section 2.1.9).</summary>
public sealed record PssParameters(HashKind Hash, HashKind MaskHash, int SaltBytes);

/// <summary>CK_SIGN_ADDITIONAL_CONTEXT (PKCS#11 v3.2 section 6.67.1).</summary>
/// <param name="IsDeterministic">No randomness goes into the signature (CKH_DETERMINISTIC_REQUIRED); otherwise it does, always.</param>
/// <param name="Bytes">What the signature is bound to besides the message; 0 to 255 bytes.</param>
public sealed record SigningContext(bool IsDeterministic, ReadOnlyMemory<byte> Bytes);
