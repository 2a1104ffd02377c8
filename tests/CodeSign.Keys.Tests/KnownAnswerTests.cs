using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Math;

namespace CodeSign.Keys.Tests;

/// <summary>Published answers, typed in with their source.</summary>
[TestClass]
public sealed class KnownAnswerTests
{
    // RFC 7515 appendix A.2.1.
    private const string JwsModulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
        + "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
        + "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

    private const string JwsExponent =
        "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0"
        + "BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYT"
        + "CBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ";

    private const string JwsPrimeP =
        "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPG"
        + "BY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";

    private const string JwsPrimeQ =
        "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA"
        + "-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";

    private const string JwsSigned =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string JwsSignature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
        + "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
        + "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    // RFC 7520 sections 3.3 and 4.2.
    private const string CookbookModulus =
        "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_Ns"
        + "YOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCu"
        + "EHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";

    private const string CookbookSigned =
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9k"
        + "bywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXi"
        + "gJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

    private const string CookbookSignature =
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhi"
        + "USMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2X"
        + "ez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Rfc_7515_A_2_is_signed_as_printed()
    {
        byte[] digest = SHA256.HashData(Encoding.ASCII.GetBytes(JwsSigned));
        byte[] expected = Base64Url.DecodeFromChars(JwsSignature);
        byte[] pkcs8 = RsaKey(JwsModulus, JwsExponent, JwsPrimeP, JwsPrimeQ);
        Assert.AreEqual(Convert.ToHexString(expected), await SignAsync(pkcs8, CKM.CKM_SHA256_RSA_PKCS, digest));

        // The same under CKM_RSA_PKCS, whose caller brings the DigestInfo.
        Assert.AreEqual(
            Convert.ToHexString(expected),
            await SignAsync(pkcs8, CKM.CKM_RSA_PKCS, Cryptoki.DigestInfo.Encode(HashKind.Sha256, digest)));
    }

    [TestMethod]
    public void Rfc_7520_4_2_verifies_with_the_verifier_of_these_tests()
    {
        byte[] publicKey = PublicKeyFacts.RsaPublicKeyInfo(Base64Url.DecodeFromChars(CookbookModulus), [1, 0, 1]);
        SignatureInput input = new(
            SignatureMechanism.Find(CKM.CKM_SHA384_RSA_PKCS_PSS)!, new PssParameters(HashKind.Sha384, HashKind.Sha384, 48),
            SHA384.HashData(Encoding.ASCII.GetBytes(CookbookSigned)));
        byte[] signature = Base64Url.DecodeFromChars(CookbookSignature);
        Assert.IsTrue(IndependentVerifier.Verifies(publicKey, input, signature));
        signature[7] ^= 1;
        Assert.IsFalse(IndependentVerifier.Verifies(publicKey, input, signature));
    }

    // RFC 8032 section 7.1, TEST 1 to 3.
    [TestMethod]
    [DataRow(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [DataRow(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [DataRow(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public async Task Rfc_8032_7_1_Ed25519(string seed, string publicKey, string message, string signature)
    {
        byte[] pkcs8 = Convert.FromHexString("302e020100300506032b657004220420" + seed);
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        NewKey key = backend.ImportPkcs8(pkcs8);
        Assert.AreEqual("0420" + publicKey, Convert.ToHexStringLower(PublicKeyFacts.FromSpki(key.PublicKeyInfo).EcPoint!));
        Assert.AreEqual(
            signature.ToUpperInvariant(), await SignAsync(pkcs8, CKM.CKM_EDDSA, Convert.FromHexString(message)));
    }

    // RFC 8032 section 7.4, Blank.
    [TestMethod]
    public async Task Rfc_8032_7_4_Ed448()
    {
        byte[] pkcs8 = Convert.FromHexString(
            "3047020100300506032b6571043b0439"
            + "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b");
        Assert.AreEqual(
            "533A37F6BBE457251F023C0D88F976AE2DFB504A843E34D2074FD823D41A591F2B233F034F628281F2FD7A22DDD47D7828C59BD0A21BFD3980FF0D20"
            + "28D4B18A9DF63E006C5D1C2D345B925D8DC00B4104852DB99AC5C7CDDA8530A113A0F4DBB61149F05A7363268C71D95808FF2E652600",
            await SignAsync(pkcs8, CKM.CKM_EDDSA, []));
    }

    private async Task<string> SignAsync(byte[] pkcs8, CKM mechanism, byte[] data)
    {
        await using SoftwareBackend backend = new(new SoftwareOptions(), TimeProvider.System);
        NewKey key = backend.ImportPkcs8(pkcs8);
        KeyReference reference = KeysInUse.Reference("k", PublicKeyFacts.FromSpki(key.PublicKeyInfo).Algorithm, key);
        SignatureInput input = new(SignatureMechanism.Find(mechanism)!, Pss: null, data);
        return Convert.ToHexString(await backend.SignAsync(reference, input, TestContext.CancellationToken));
    }

    private static byte[] RsaKey(string modulus, string exponent, string primeP, string primeQ)
    {
        BigInteger n = Number(modulus);
        BigInteger d = Number(exponent);
        BigInteger p = Number(primeP);
        BigInteger q = Number(primeQ);
        RsaPrivateKeyStructure key = new(
            n, BigInteger.ValueOf(65537), d, p, q, d.Remainder(p.Subtract(BigInteger.One)), d.Remainder(q.Subtract(BigInteger.One)),
            q.ModInverse(p));
        return new PrivateKeyInfo(
            new AlgorithmIdentifier(PkcsObjectIdentifiers.RsaEncryption, DerNull.Instance), key).GetDerEncoded();
    }

    private static BigInteger Number(string text) => new(1, Base64Url.DecodeFromChars(text));
}
