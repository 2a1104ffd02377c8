namespace CodeSign.Cryptoki;

/// <summary>The algorithms of key pairs: one row each. An environment can have those that sign.</summary>
/// <param name="Name">As the command line says it: rsa3072, p256, …</param>
/// <param name="KeyType">CKA_KEY_TYPE.</param>
/// <param name="Bits">As CK_MECHANISM_INFO counts such keys: modulus bits, the curve's, or bytes of a public key with a parameter set.</param>
/// <param name="CurveOid">Dotted OID of the named curve, or null where keys have none.</param>
public sealed record KeyAlgorithm(string Name, CKK KeyType, int Bits, string? CurveOid)
{
    public static IReadOnlyList<KeyAlgorithm> All { get; } =
    [
        new("rsa2048", CKK.CKK_RSA, 2048, null),
        new("rsa3072", CKK.CKK_RSA, 3072, null),
        new("rsa4096", CKK.CKK_RSA, 4096, null),
        new("p256", CKK.CKK_EC, 256, "1.2.840.10045.3.1.7"),
        new("p384", CKK.CKK_EC, 384, "1.3.132.0.34"),
        new("p521", CKK.CKK_EC, 521, "1.3.132.0.35"),
        new("secp256k1", CKK.CKK_EC, 256, "1.3.132.0.10"),
        new("brainpool256", CKK.CKK_EC, 256, "1.3.36.3.3.2.8.1.1.7"),     // RFC 5639: brainpoolP256r1, …
        new("brainpool384", CKK.CKK_EC, 384, "1.3.36.3.3.2.8.1.1.11"),
        new("brainpool512", CKK.CKK_EC, 512, "1.3.36.3.3.2.8.1.1.13"),
        new("ed25519", CKK.CKK_EC_EDWARDS, 255, "1.3.101.112"),
        new("ed448", CKK.CKK_EC_EDWARDS, 448, "1.3.101.113"),
        new("x25519", CKK.CKK_EC_MONTGOMERY, 255, "1.3.101.110"),
        new("x448", CKK.CKK_EC_MONTGOMERY, 448, "1.3.101.111"),
        ParameterSet.MlDsa("ml-dsa-44", CKP.CKP_ML_DSA_44, arc: 17, publicKeyBytes: 1312, privateKeyBytes: 2560, signatureBytes: 2420),
        ParameterSet.MlDsa("ml-dsa-65", CKP.CKP_ML_DSA_65, arc: 18, publicKeyBytes: 1952, privateKeyBytes: 4032, signatureBytes: 3309),
        ParameterSet.MlDsa("ml-dsa-87", CKP.CKP_ML_DSA_87, arc: 19, publicKeyBytes: 2592, privateKeyBytes: 4896, signatureBytes: 4627),
        ParameterSet.SlhDsa("slh-dsa-sha2-128s", CKP.CKP_SLH_DSA_SHA2_128S, arc: 20, n: 16, signatureBytes: 7856),
        ParameterSet.SlhDsa("slh-dsa-sha2-128f", CKP.CKP_SLH_DSA_SHA2_128F, arc: 21, n: 16, signatureBytes: 17088),
        ParameterSet.SlhDsa("slh-dsa-sha2-192s", CKP.CKP_SLH_DSA_SHA2_192S, arc: 22, n: 24, signatureBytes: 16224),
        ParameterSet.SlhDsa("slh-dsa-sha2-192f", CKP.CKP_SLH_DSA_SHA2_192F, arc: 23, n: 24, signatureBytes: 35664),
        ParameterSet.SlhDsa("slh-dsa-sha2-256s", CKP.CKP_SLH_DSA_SHA2_256S, arc: 24, n: 32, signatureBytes: 29792),
        ParameterSet.SlhDsa("slh-dsa-sha2-256f", CKP.CKP_SLH_DSA_SHA2_256F, arc: 25, n: 32, signatureBytes: 49856),
        ParameterSet.SlhDsa("slh-dsa-shake-128s", CKP.CKP_SLH_DSA_SHAKE_128S, arc: 26, n: 16, signatureBytes: 7856),
        ParameterSet.SlhDsa("slh-dsa-shake-128f", CKP.CKP_SLH_DSA_SHAKE_128F, arc: 27, n: 16, signatureBytes: 17088),
        ParameterSet.SlhDsa("slh-dsa-shake-192s", CKP.CKP_SLH_DSA_SHAKE_192S, arc: 28, n: 24, signatureBytes: 16224),
        ParameterSet.SlhDsa("slh-dsa-shake-192f", CKP.CKP_SLH_DSA_SHAKE_192F, arc: 29, n: 24, signatureBytes: 35664),
        ParameterSet.SlhDsa("slh-dsa-shake-256s", CKP.CKP_SLH_DSA_SHAKE_256S, arc: 30, n: 32, signatureBytes: 29792),
        ParameterSet.SlhDsa("slh-dsa-shake-256f", CKP.CKP_SLH_DSA_SHAKE_256F, arc: 31, n: 32, signatureBytes: 49856),
    ];

    /// <summary>Those that sign; the others agree on secrets.</summary>
    public static IReadOnlyList<KeyAlgorithm> Signing { get; } = [.. All.Where(row => row.Signs)];

    /// <summary>The parameter set of its keys, or null where a size or a curve says it all.</summary>
    public ParameterSet? Parameters { get; init; }

    public bool Signs => KeyType != CKK.CKK_EC_MONTGOMERY;

    /// <summary>Bytes of a signature as PKCS#11 gives it out; 0 where the key makes none.</summary>
    public int SignatureBytes => KeyType switch
    {
        CKK.CKK_RSA => Bits / 8,
        CKK.CKK_EC => 2 * ((Bits + 7) / 8),
        CKK.CKK_EC_EDWARDS => 2 * PointBytes,
        _ => Parameters?.SignatureBytes ?? 0,
    };

    /// <summary>Bytes of the public point, uncompressed where there is a choice (SEC 1, RFC 8032, RFC 7748); 0 where keys have no curve.</summary>
    public int PointBytes => KeyType switch
    {
        CKK.CKK_RSA or CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA => 0,
        CKK.CKK_EC => 1 + (2 * ((Bits + 7) / 8)),
        CKK.CKK_EC_EDWARDS => (Bits + 8) / 8,
        _ => (Bits + 7) / 8,
    };

    /// <summary>
    /// The curve's name, as CKA_EC_PARAMS may have it instead of the OID (a PrintableString; PKCS#11 v3.2 section 6.3.3); null for RSA.
    /// </summary>
    public string? CurveName => Name switch
    {
        "p256" => "secp256r1",
        "p384" => "secp384r1",
        "p521" => "secp521r1",
        "brainpool256" => "brainpoolP256r1",
        "brainpool384" => "brainpoolP384r1",
        "brainpool512" => "brainpoolP512r1",
        "ed25519" => "edwards25519",
        "ed448" => "edwards448",
        "x25519" => "curve25519",
        "x448" => "curve448",
        _ => CurveOid is null ? null : Name,
    };

    public static KeyAlgorithm? Find(string name) => All.FirstOrDefault(row => string.Equals(row.Name, name, StringComparison.Ordinal));
}
