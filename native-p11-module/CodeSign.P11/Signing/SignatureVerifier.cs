using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Security;
using AlgorithmIdentifier = Org.BouncyCastle.Asn1.X509.AlgorithmIdentifier;
using BigInteger = Org.BouncyCastle.Math.BigInteger;
using SubjectPublicKeyInfo = Org.BouncyCastle.Asn1.X509.SubjectPublicKeyInfo;

namespace CodeSign.P11.Signing;

/// <summary>Whether a signature of the right length is one of this message by this key. For hashing mechanisms the message is its digest.</summary>
internal static class SignatureVerifier
{
    public static bool IsGood(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature) => operation.Mechanism.Scheme switch
    {
        SignatureScheme.RsaPkcs1 => IsGoodPkcs1(operation, message, signature),
        SignatureScheme.RsaRaw => Recover(operation.Key, signature) is { } block && EndsWith(block, message),
        SignatureScheme.RsaPss => IsGoodPss(operation, message, signature),
        SignatureScheme.Ecdsa => IsGoodEcdsa(operation, message, signature),
        SignatureScheme.Eddsa => IsGoodEddsa(operation, message, signature),
        SignatureScheme.MlDsa or SignatureScheme.SlhDsa => IsGoodPostQuantum(operation, message, signature),
    };

    // The padded block is made and compared, never parsed: a lenient parser is how such signatures were forged (RFC 8017 section 8.2.2).
    private static bool IsGoodPkcs1(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature)
    {
        byte[] content = operation.Mechanism.HashesFirst ? DigestInfo.Encode(operation.Mechanism.Hash, message) : message;
        byte[] expected = new byte[signature.Length];
        expected[1] = 1;
        expected.AsSpan(2, expected.Length - content.Length - 3).Fill(0xff);
        content.CopyTo(expected.AsSpan(expected.Length - content.Length));
        return Recover(operation.Key, signature) is { } block && CryptographicOperations.FixedTimeEquals(block, expected);
    }

    private static bool IsGoodPss(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature)
    {
        if (!IsBelow(signature, Modulus(operation.Key)))
        {
            return false;
        }

        PssChoice pss = operation.Pss!;
        PssSigner signer = PssSigner.CreateRawSigner(
            new RsaEngine(), Digests.Create(pss.Hash.Hash), Digests.Create(pss.MgfHash.Hash), pss.SaltBytes, PssSigner.TrailerImplicit);
        signer.Init(false, Read(() => new RsaKeyParameters(false, Modulus(operation.Key), Exponent(operation.Key))));
        signer.BlockUpdate(message, 0, message.Length);
        return signer.VerifySignature(signature.ToArray());
    }

    private static bool IsGoodEcdsa(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature)
    {
        ECDsaSigner signer = new();
        signer.Init(false, Read(() => EcKey(operation)));
        int half = signature.Length / 2;
        return signer.VerifySignature(message, new BigInteger(1, signature[..half]), new BigInteger(1, signature[half..]));
    }

    private static ECPublicKeyParameters EcKey(VerifyOperation operation)
    {
        DerObjectIdentifier oid = new(operation.Facts.CurveOid!);
        X9ECParameters curve = CustomNamedCurves.GetByOid(oid) ?? ECNamedCurveTable.GetByOid(oid);
        byte[] point = Asn1OctetString.GetInstance(Required(operation.Key, CKA.CKA_EC_POINT)).GetOctets();
        return new ECPublicKeyParameters(curve.Curve.DecodePoint(point), new ECDomainParameters(curve));
    }

    // A point beside its curve, a modulus that can't be one: the key's fault, not this module's.
    private static T Read<T>(Func<T> key)
    {
        try
        {
            return key();
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or InvalidOperationException or ArithmeticException)
        {
            throw new FaultException(CKR.CKR_KEY_HANDLE_INVALID, "module.key", $"The public key is malformed: {malformed.Message}");
        }
    }

    private static bool IsGoodEddsa(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature)
    {
        byte[] key = EdwardsPoint.ToRaw(Required(operation.Key, CKA.CKA_EC_POINT)).ToArray();
        byte[] given = signature.ToArray();
        return operation.Facts.Bits == Ed448Bits
            ? key.Length == Ed448.PublicKeySize && Ed448.Verify(given, 0, key, 0, [], message, 0, message.Length)
            : key.Length == Ed25519.PublicKeySize && Ed25519.Verify(given, 0, key, 0, message, 0, message.Length);
    }

    private static bool IsGoodPostQuantum(VerifyOperation operation, byte[] message, ReadOnlySpan<byte> signature)
    {
        AsymmetricKeyParameter key = Read(() => PublicKeyFactory.CreateKey(new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(new DerObjectIdentifier(operation.Facts.Parameters!.Oid)), Required(operation.Key, CKA.CKA_VALUE))));
        ISigner signer = key is MLDsaPublicKeyParameters lattice
            ? new MLDsaSigner(lattice.Parameters, deterministic: false)
            : new SlhDsaSigner(((SlhDsaPublicKeyParameters)key).Parameters, deterministic: false);
        signer.Init(false, operation.Context is { Value.IsEmpty: false } bound ? new ParametersWithContext(key, bound.Value.ToByteArray()) : key);
        signer.BlockUpdate(message);
        return signer.VerifySignature(signature.ToArray());
    }

    private const int Ed448Bits = 448;

    /// <summary>RSAVP1 (RFC 8017 section 5.2.2), as long as the modulus; null where the signature isn't below it.</summary>
    private static byte[]? Recover(TokenObject key, ReadOnlySpan<byte> signature)
    {
        BigInteger modulus = Modulus(key);
        if (!IsBelow(signature, modulus))
        {
            return null;
        }

        byte[] recovered = new BigInteger(1, signature).ModPow(Exponent(key), modulus).ToByteArrayUnsigned();
        byte[] block = new byte[signature.Length];
        recovered.CopyTo(block.AsSpan(block.Length - recovered.Length));
        return block;
    }

    private static bool IsBelow(ReadOnlySpan<byte> signature, BigInteger modulus) => new BigInteger(1, signature).CompareTo(modulus) < 0;

    private static bool EndsWith(byte[] block, byte[] message)
    {
        byte[] expected = new byte[block.Length];
        message.CopyTo(expected.AsSpan(block.Length - message.Length));
        return CryptographicOperations.FixedTimeEquals(block, expected);
    }

    private static BigInteger Modulus(TokenObject key) => new(1, Required(key, CKA.CKA_MODULUS));

    private static BigInteger Exponent(TokenObject key) => new(1, Required(key, CKA.CKA_PUBLIC_EXPONENT));

    private static byte[] Required(TokenObject key, CKA type) => key.Value(type)
        ?? throw new FaultException(CKR.CKR_KEY_HANDLE_INVALID, "module.key", $"The public key has no {type}.");
}
