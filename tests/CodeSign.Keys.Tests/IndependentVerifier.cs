using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Oiw;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;

namespace CodeSign.Keys.Tests;

/// <summary>Verifies by BouncyCastle what others signed.</summary>
internal static class IndependentVerifier
{
    public static bool Verifies(byte[] publicKeyInfo, in SignatureInput input, byte[] signature)
    {
        AsymmetricKeyParameter key = PublicKeyFactory.CreateKey(publicKeyInfo);
        byte[] data = input.Data.ToArray();
        return input.Mechanism.Scheme switch
        {
            SignatureScheme.RsaPkcs1 => Recover(key, signature).AsSpan().SequenceEqual(
                input.Mechanism.HashesFirst ? DigestInfo(input.Mechanism.Hash, data) : data),
            SignatureScheme.RsaRaw => Raw((RsaKeyParameters)key, signature).Equals(new BigInteger(1, data)),
            SignatureScheme.RsaPss => Pss(key, input.Pss!, data, signature),
            SignatureScheme.Ecdsa => Ecdsa(key, data, signature),
            SignatureScheme.MlDsa or SignatureScheme.SlhDsa => PostQuantum(key, input, signature),
            _ => Eddsa(key, data, signature),
        };
    }

    public static IDigest Digest(HashKind kind) => DigestUtilities.GetDigest(kind switch
    {
        HashKind.Sha1 => "SHA-1",
        HashKind.Sha224 => "SHA-224",
        HashKind.Sha256 => "SHA-256",
        HashKind.Sha384 => "SHA-384",
        HashKind.Sha512 => "SHA-512",
        HashKind.Sha3_224 => "SHA3-224",
        HashKind.Sha3_256 => "SHA3-256",
        HashKind.Sha3_384 => "SHA3-384",
        _ => "SHA3-512",
    });

    private static byte[] DigestInfo(HashKind kind, byte[] digest)
    {
        DerObjectIdentifier oid = kind switch
        {
            HashKind.Sha1 => OiwObjectIdentifiers.IdSha1,
            HashKind.Sha224 => NistObjectIdentifiers.IdSha224,
            HashKind.Sha256 => NistObjectIdentifiers.IdSha256,
            HashKind.Sha384 => NistObjectIdentifiers.IdSha384,
            HashKind.Sha512 => NistObjectIdentifiers.IdSha512,
            HashKind.Sha3_224 => NistObjectIdentifiers.IdSha3_224,
            HashKind.Sha3_256 => NistObjectIdentifiers.IdSha3_256,
            HashKind.Sha3_384 => NistObjectIdentifiers.IdSha3_384,
            _ => NistObjectIdentifiers.IdSha3_512,
        };
        return new Org.BouncyCastle.Asn1.X509.DigestInfo(new AlgorithmIdentifier(oid, DerNull.Instance), digest).GetDerEncoded();
    }

    private static byte[] Recover(AsymmetricKeyParameter key, byte[] signature)
    {
        Pkcs1Encoding encoding = new(new RsaEngine());
        encoding.Init(false, key);
        return encoding.ProcessBlock(signature, 0, signature.Length);
    }

    private static BigInteger Raw(RsaKeyParameters key, byte[] signature) =>
        new BigInteger(1, signature).ModPow(key.Exponent, key.Modulus);

    private static bool Pss(AsymmetricKeyParameter key, PssParameters pss, byte[] digest, byte[] signature)
    {
        PssSigner signer = PssSigner.CreateRawSigner(
            new RsaEngine(), Digest(pss.Hash), Digest(pss.MaskHash), pss.SaltBytes, PssSigner.TrailerImplicit);
        signer.Init(false, key);
        signer.BlockUpdate(digest, 0, digest.Length);
        return signer.VerifySignature(signature);
    }

    private static bool Ecdsa(AsymmetricKeyParameter key, byte[] digest, byte[] signature)
    {
        int half = signature.Length / 2;
        ECDsaSigner signer = new();
        signer.Init(false, key);
        return signer.VerifySignature(digest, new BigInteger(1, signature, 0, half), new BigInteger(1, signature, half, half));
    }

    private static bool PostQuantum(AsymmetricKeyParameter key, in SignatureInput input, byte[] signature)
    {
        ISigner signer = key is MLDsaPublicKeyParameters lattice
            ? new MLDsaSigner(lattice.Parameters, deterministic: false)
            : new SlhDsaSigner(((SlhDsaPublicKeyParameters)key).Parameters, deterministic: false);
        signer.Init(false, input.Context is null ? key : new ParametersWithContext(key, input.Context.Bytes.ToArray()));
        signer.BlockUpdate(input.Data.Span);
        return signer.VerifySignature(signature);
    }

    private static bool Eddsa(AsymmetricKeyParameter key, byte[] message, byte[] signature)
    {
        ISigner signer = key is Ed25519PublicKeyParameters ? new Ed25519Signer() : new Ed448Signer([]);
        signer.Init(false, key);
        signer.BlockUpdate(message, 0, message.Length);
        return signer.VerifySignature(signature);
    }
}
