using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// ML-DSA and SLH-DSA keys, worked by BouncyCastle: libcrypto knows them from OpenSSL 3.5 on only. Their numbers live in managed memory
/// that nobody can wipe; SECURITY.md says so.
/// </summary>
internal static class PostQuantumKey
{
    /// <summary>Whether keys of this algorithm are worked here.</summary>
    public static bool Knows(KeyAlgorithm algorithm) => algorithm.Parameters is not null;

    /// <summary>Makes a pair. SLH-DSA with small signatures takes a second.</summary>
    public static NewKey Generate(KeyAlgorithm algorithm)
    {
        SecureRandom random = new();
        DerObjectIdentifier oid = new(algorithm.Parameters!.Oid);
        IAsymmetricCipherKeyPairGenerator generator;
        if (algorithm.KeyType == CKK.CKK_ML_DSA)
        {
            generator = new MLDsaKeyPairGenerator();
            generator.Init(new MLDsaKeyGenerationParameters(random, oid));
        }
        else
        {
            generator = new SlhDsaKeyPairGenerator();
            generator.Init(new SlhDsaKeyGenerationParameters(random, oid));
        }

        return Keep(generator.GenerateKeyPair().Private);
    }

    /// <summary>Reads a PrivateKeyInfo; null where it is none of a key of these kinds.</summary>
    public static AsymmetricKeyParameter? FromPkcs8(ReadOnlySpan<byte> der)
    {
        byte[] copy = der.ToArray();
        try
        {
            return PrivateKeyFactory.CreateKey(copy) is AsymmetricKeyParameter key and (MLDsaPrivateKeyParameters or SlhDsaPrivateKeyParameters) ? key : null;
        }
        catch (Exception malformed) when (malformed is ArgumentException or IOException or InvalidOperationException or SecurityUtilityException
            or CryptoException or NullReferenceException or InvalidCastException or ArithmeticException)
        {
            // The library takes some malformed keys apart before it looks at them.
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The key as it is kept: PKCS#8 with seed and expanded key as far as they are known (RFC 9881 section 6).</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The receiver disposes the secret.")]
    public static NewKey Keep(AsymmetricKeyParameter key)
    {
        AsymmetricKeyParameter whole = key is MLDsaPrivateKeyParameters lattice && lattice.GetSeed() is not null
            ? lattice.WithPreferredFormat(MLDsaPrivateKeyParameters.Format.SeedAndEncoding)
            : key;
        byte[] der = PrivateKeyInfoFactory.CreatePrivateKeyInfo(whole).GetEncoded(Asn1Encodable.Der);
        try
        {
            return new NewKey(PublicKeyInfo(key), new SecretBytes(der), DeviceId: null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    public static byte[] PublicKeyInfo(AsymmetricKeyParameter key) => SubjectPublicKeyInfoFactory
        .CreateSubjectPublicKeyInfo(key is MLDsaPrivateKeyParameters lattice ? lattice.GetPublicKey() : ((SlhDsaPrivateKeyParameters)key).GetPublicKey())
        .GetEncoded(Asn1Encodable.Der);

    /// <summary>Signs a message. Hedged unless the context says deterministic.</summary>
    public static byte[] Sign(AsymmetricKeyParameter key, ReadOnlySpan<byte> message, SigningContext? context)
    {
        ISigner signer = Signer(key, context?.IsDeterministic == true);
        ICipherParameters bound = context is { Bytes.IsEmpty: false } ? new ParametersWithContext(key, context.Bytes.ToArray()) : key;
        signer.Init(forSigning: true, bound);
        signer.BlockUpdate(message);
        return signer.GenerateSignature();
    }

    /// <summary>Whether a signature without a context is one of this message.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKeyInfo, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        AsymmetricKeyParameter key = PublicKeyFactory.CreateKey(publicKeyInfo.ToArray());
        ISigner signer = Signer(key, isDeterministic: false);
        signer.Init(forSigning: false, key);
        signer.BlockUpdate(message);
        return signer.VerifySignature(signature.ToArray());
    }

    private static ISigner Signer(AsymmetricKeyParameter key, bool isDeterministic) => key is MLDsaKeyParameters lattice
        ? new MLDsaSigner(lattice.Parameters, isDeterministic)
        : new SlhDsaSigner(((SlhDsaKeyParameters)key).Parameters, isDeterministic);
}
