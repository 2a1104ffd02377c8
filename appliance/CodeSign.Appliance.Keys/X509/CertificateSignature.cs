using System.Security.Cryptography;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;

namespace CodeSign.Appliance.Keys.X509;

/// <summary>How a key signs certificates and requests: one row per key algorithm.</summary>
internal sealed record CertificateSignature(CKM Mechanism, AlgorithmIdentifier Identifier)
{
    /// <summary>The row of a key: the hash is as strong as the key (RFC 5480 section 4, RFC 8410 section 3); post-quantum keys sign as
    /// they are, without a context (RFC 9881 section 2, RFC 9909 section 3).</summary>
    public static CertificateSignature Of(KeyAlgorithm algorithm) => algorithm.Name switch
    {
        "rsa2048" or "rsa3072" => Rsa(CKM.CKM_SHA256_RSA_PKCS, PkcsObjectIdentifiers.Sha256WithRsaEncryption),
        "rsa4096" => Rsa(CKM.CKM_SHA384_RSA_PKCS, PkcsObjectIdentifiers.Sha384WithRsaEncryption),
        "p256" or "secp256k1" or "brainpool256" => Bare(CKM.CKM_ECDSA_SHA256, X9ObjectIdentifiers.ECDsaWithSha256),
        "p384" or "brainpool384" => Bare(CKM.CKM_ECDSA_SHA384, X9ObjectIdentifiers.ECDsaWithSha384),
        "p521" or "brainpool512" => Bare(CKM.CKM_ECDSA_SHA512, X9ObjectIdentifiers.ECDsaWithSha512),
        "ed25519" => Bare(CKM.CKM_EDDSA, EdECObjectIdentifiers.id_Ed25519),
        "ed448" => Bare(CKM.CKM_EDDSA, EdECObjectIdentifiers.id_Ed448),
        _ => algorithm.Parameters is { } parameters
            ? Bare(algorithm.KeyType == CKK.CKK_ML_DSA ? CKM.CKM_ML_DSA : CKM.CKM_SLH_DSA, new DerObjectIdentifier(parameters.Oid))
            : throw new ArgumentException("No signature algorithm for this key.", nameof(algorithm)),
    };

    /// <summary>Signs what BouncyCastle encoded; the answer is as X.509 wants it.</summary>
    public async Task<DerBitString> SignAsync(
        KeyAlgorithm algorithm, Asn1Encodable content, Func<SignatureInput, ValueTask<byte[]>> sign)
    {
        SignatureMechanism mechanism = SignatureMechanism.Find(Mechanism)
            ?? throw new InvalidOperationException("A certificate's mechanism has no row.");
        byte[] encoded = content.GetDerEncoded();
        byte[] data = mechanism.Hash switch
        {
            HashKind.Sha256 => SHA256.HashData(encoded),
            HashKind.Sha384 => SHA384.HashData(encoded),
            HashKind.Sha512 => SHA512.HashData(encoded),
            _ => encoded,
        };
        byte[] signature = await sign(new SignatureInput(mechanism, Pss: null, data));
        return new DerBitString(algorithm.KeyType == CKK.CKK_EC ? EcdsaSignature.ToDer(signature) : signature);
    }

    // RFC 4055 section 5: parameters are NULL; RFC 5758 section 3.2 and RFC 8410 section 3: they are absent.
    private static CertificateSignature Rsa(CKM mechanism, DerObjectIdentifier oid) =>
        new(mechanism, new AlgorithmIdentifier(oid, DerNull.Instance));

    private static CertificateSignature Bare(CKM mechanism, DerObjectIdentifier oid) => new(mechanism, new AlgorithmIdentifier(oid));
}
