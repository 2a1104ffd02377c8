using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Crypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>Takes a private key out of PKCS#8 and judges whether it is fit to work here.</summary>
internal static class KeyImport
{
    /// <summary>Bytes of a PKCS#8 file: RSA-4096 needs 2.4 KiB, half as much again in PEM.</summary>
    public const int FileBytesMax = 16 * 1024;

    public static NewKey FromPkcs8(ReadOnlySpan<byte> file, ReadOnlySpan<byte> passphrase)
    {
        if (file.Length > FileBytesMax)
        {
            throw Fault(CKR.CKR_DATA_LEN_RANGE, "too_large", $"A private key's file has at most {FileBytesMax} bytes.");
        }

        if (PemEncoding.TryFindUtf8(file, out PemFields fields))
        {
            CheckLabel(file[fields.Label]);
            using SecretBytes der = new(fields.DecodedDataLength);
            _ = Base64.DecodeFromUtf8(file[fields.Base64Data], der.Span, out _, out int written);
            return FromDer(der.Span[..written], passphrase);
        }

        return FromDer(file, passphrase);
    }

    /// <summary>Reads a PrivateKeyInfo that may hold a key that agrees on secrets, too.</summary>
    public static NewKey FromNumbers(ReadOnlySpan<byte> der)
    {
        using PrivateKey? key = PrivateKey.FromPkcs8(der);
        key?.UseUncompressedPoint();
        return key is null ? AdmitPostQuantum(der) : AdmitAny(key);
    }

    /// <summary>Everything that must hold before a key from outside signs for us.</summary>
    public static NewKey Admit(PrivateKey key)
    {
        KeyAlgorithm algorithm = PublicKeyFacts.FromSpki(key.ToPublicKeyInfo()).Algorithm;
        return algorithm.Signs
            ? AdmitAny(key)
            : throw new FaultException(CKR.CKR_KEY_SIZE_RANGE, "key.unsupported", $"Keys of algorithm {algorithm.Name} sign nothing.");
    }

    public static FaultException Fault(CKR status, string reason, string message) => new(status, "key.import." + reason, message);

    public static FaultException WrongPassphrase() => Fault(
        CKR.CKR_PIN_INCORRECT,
        "passphrase_wrong",
        "The passphrase is not the one the file was made with, or the file is damaged; give the passphrase of its export, or export it again.");

    // A key that signs proves that its halves belong together; one that doesn't had no public half to bring.
    [SuppressMessage("Reliability", "CA2000", Justification = "The receiver disposes the secret.")]
    private static NewKey AdmitAny(PrivateKey key)
    {
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(key.ToPublicKeyInfo());
        if (facts.Modulus is not null && RsaWeakness.Find(facts.Modulus, facts.PublicExponent) is { } weakness)
        {
            throw new FaultException(CKR.CKR_KEY_INDIGESTIBLE, "key.weak", $"The key is too weak to sign with: {weakness}.");
        }

        byte[] publicKeyInfo = key.ToPublicKeyInfo();
        if (!key.IsConsistent()
            || (facts.Algorithm.Signs && !Signs(new PreparedLibcryptoKey(facts.Algorithm, key.Share()), facts.Algorithm, publicKeyInfo)))
        {
            throw Inconsistent();
        }

        return new NewKey(publicKeyInfo, key.ToPkcs8(), DeviceId: null);
    }

    private static NewKey AdmitPostQuantum(ReadOnlySpan<byte> der)
    {
        AsymmetricKeyParameter key = PostQuantumKey.FromPkcs8(der) ?? throw Malformed();
        byte[] publicKeyInfo = PostQuantumKey.PublicKeyInfo(key);
        KeyAlgorithm algorithm = PublicKeyFacts.FromSpki(publicKeyInfo).Algorithm;
        return Signs(new PreparedPostQuantumKey(key), algorithm, publicKeyInfo) ? PostQuantumKey.Keep(key) : throw Inconsistent();
    }

    private static FaultException Inconsistent() =>
        Fault(CKR.CKR_DATA_INVALID, "inconsistent", "The private key's numbers don't fit together; the file is damaged.");

    private static NewKey FromDer(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase)
    {
        PrivateKey? key = null;
        switch (PasswordEncryption.Classify(der))
        {
            case PrivateKeyForm.Encrypted when passphrase.IsEmpty:
                throw Fault(CKR.CKR_PIN_INCORRECT, "passphrase_needed", "The private key is encrypted; give its passphrase.");
            case PrivateKeyForm.Encrypted:
                PasswordEncryption.CheckKeyEncryption(der);
                key = PrivateKey.FromEncryptedPkcs8(der, passphrase) ?? throw WrongPassphrase();
                break;
            case PrivateKeyForm.Plain:
                key = PrivateKey.FromPkcs8(der);
                break;
        }

        using (key)
        {
            key?.UseUncompressedPoint();
            return key is null ? AdmitPostQuantum(der) : Admit(key);
        }
    }

    private static FaultException Malformed() =>
        Fault(CKR.CKR_DATA_INVALID, "malformed", "This is not a PKCS#8 private key of a supported algorithm.");

    private static void CheckLabel(ReadOnlySpan<byte> label)
    {
        if (!label.SequenceEqual("PRIVATE KEY"u8) && !label.SequenceEqual("ENCRYPTED PRIVATE KEY"u8))
        {
            throw Fault(
                CKR.CKR_DATA_INVALID, "malformed",
                "The file is PEM but no PKCS#8 private key; 'openssl pkcs8 -topk8' converts other forms.");
        }
    }

    private static bool Signs(PreparedKey prepared, KeyAlgorithm algorithm, byte[] publicKeyInfo)
    {
        Challenge challenge = new(algorithm);
        ReadOnlyMemory<byte> data = SigningRules.Check(algorithm, challenge.Input);
        try
        {
            return challenge.IsMetBy(prepared.Sign(challenge.Input, data.Span), publicKeyInfo);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            prepared.Release();
        }
    }
}
