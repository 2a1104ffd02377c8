using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>
/// Enciphers and deciphers bytes under a key in this process's memory: keys today, and whatever C_Encrypt is given with the same rows.
/// libcrypto does it, in memory that is wiped. What can't be deciphered is one fault, whatever it failed of.
/// </summary>
public static class KeyCipher
{
    /// <summary>Enciphers.</summary>
    /// <param name="mechanism">Its row.</param>
    /// <param name="key">The value of a secret key; SubjectPublicKeyInfo where the mechanism is asymmetric.</param>
    /// <param name="parameters">What goes with the mechanism.</param>
    /// <param name="plain">What is enciphered.</param>
    /// <exception cref="FaultException">cipher.length, cipher.parameters.</exception>
    public static SecretBytes Encipher(CipherMechanism mechanism, ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentNullException.ThrowIfNull(parameters);
        return mechanism.IsAsymmetric
            ? RsaCipher.Encipher(mechanism.Scheme, key, parameters, plain)
            : AesCipher.Encipher(mechanism.Scheme, key, parameters, plain);
    }

    /// <summary>Deciphers.</summary>
    /// <param name="mechanism">Its row.</param>
    /// <param name="key">The value of a secret key; PrivateKeyInfo where the mechanism is asymmetric.</param>
    /// <param name="parameters">What goes with the mechanism.</param>
    /// <param name="enciphered">What is deciphered.</param>
    /// <exception cref="FaultException">cipher.invalid, cipher.length, cipher.parameters.</exception>
    public static SecretBytes Decipher(CipherMechanism mechanism, ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> enciphered)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentNullException.ThrowIfNull(parameters);
        return mechanism.IsAsymmetric
            ? RsaCipher.Decipher(mechanism.Scheme, key, parameters, enciphered)
            : AesCipher.Decipher(mechanism.Scheme, key, parameters, enciphered);
    }

    internal static FaultException Invalid() =>
        new(CKR.CKR_ENCRYPTED_DATA_INVALID, "cipher.invalid", "This was not enciphered so under this key, or it was changed since.");

    internal static FaultException PlainLength(int bytes) =>
        new(CKR.CKR_DATA_LEN_RANGE, "cipher.length", $"The mechanism doesn't take {bytes} bytes.");

    internal static FaultException EncipheredLength(int bytes) =>
        new(CKR.CKR_ENCRYPTED_DATA_LEN_RANGE, "cipher.length", $"The mechanism never makes {bytes} bytes.");

    internal static FaultException Parameters(string why) => new(CKR.CKR_MECHANISM_PARAM_INVALID, "cipher.parameters", $"The mechanism's parameters don't fit: {why}.");
}
