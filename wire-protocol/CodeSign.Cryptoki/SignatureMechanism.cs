using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>
/// One row per mechanism that signs. Module, server, policy, documentation and tests are queries over these rows:
/// nothing else in the solution says what a signing mechanism is.
/// </summary>
/// <param name="Mechanism">The standard's number and name.</param>
/// <param name="Scheme">How the signature is made.</param>
/// <param name="Hash">The hash applied to the message before, or <see cref="HashKind.None"/>: the caller's bytes are signed.</param>
/// <param name="KeyType">The key it works with.</param>
/// <param name="KeyBitsMin">CK_MECHANISM_INFO.ulMinKeySize.</param>
/// <param name="KeyBitsMax">CK_MECHANISM_INFO.ulMaxKeySize.</param>
public sealed record SignatureMechanism(
    CKM Mechanism, SignatureScheme Scheme, HashKind Hash, CKK KeyType, ulong KeyBitsMin, ulong KeyBitsMax)
{
    private static readonly Dictionary<CKM, SignatureMechanism> ByMechanism = BuildRows();

    /// <summary>Every row, in the order of the mechanism numbers.</summary>
    public static IReadOnlyList<SignatureMechanism> All { get; } = [.. ByMechanism.Values.OrderBy(row => row.Mechanism)];

    /// <summary>True where the client hashes and only the digest travels.</summary>
    public bool HashesFirst => Hash != HashKind.None;

    /// <summary>True where a CK_RSA_PKCS_PSS_PARAMS must come with the mechanism.</summary>
    public bool WantsPssParameters => Scheme == SignatureScheme.RsaPss;

    /// <summary>True where a CK_SIGN_ADDITIONAL_CONTEXT may come with the mechanism.</summary>
    public bool TakesContext => Scheme is SignatureScheme.MlDsa or SignatureScheme.SlhDsa;

    /// <summary>CK_MECHANISM_INFO.flags; the curve flags of PKCS#11 v3.2 section 6.3: prime fields, named by OID, and the form of points.</summary>
    public ulong Flags => CKF.CKF_SIGN | CKF.CKF_VERIFY | Scheme switch
    {
        SignatureScheme.Ecdsa => CKF.CKF_EC_F_P | CKF.CKF_EC_OID | CKF.CKF_EC_UNCOMPRESS,
        SignatureScheme.Eddsa => CKF.CKF_EC_F_P | CKF.CKF_EC_OID | CKF.CKF_EC_COMPRESS,
        SignatureScheme.RsaPkcs1 or SignatureScheme.RsaRaw or SignatureScheme.RsaPss or SignatureScheme.MlDsa or SignatureScheme.SlhDsa => 0,
    };

    /// <summary>The row of a mechanism, or null where it does not sign here.</summary>
    public static SignatureMechanism? Find(CKM mechanism) => ByMechanism.GetValueOrDefault(mechanism);

    private static Dictionary<CKM, SignatureMechanism> BuildRows()
    {
        (CKM, HashKind)[] pkcs1 =
        [
            (CKM_RSA_PKCS, HashKind.None), (CKM_SHA1_RSA_PKCS, HashKind.Sha1), (CKM_SHA224_RSA_PKCS, HashKind.Sha224),
            (CKM_SHA256_RSA_PKCS, HashKind.Sha256), (CKM_SHA384_RSA_PKCS, HashKind.Sha384), (CKM_SHA512_RSA_PKCS, HashKind.Sha512),
            (CKM_SHA3_224_RSA_PKCS, HashKind.Sha3_224), (CKM_SHA3_256_RSA_PKCS, HashKind.Sha3_256),
            (CKM_SHA3_384_RSA_PKCS, HashKind.Sha3_384), (CKM_SHA3_512_RSA_PKCS, HashKind.Sha3_512),
        ];
        (CKM, HashKind)[] pss =
        [
            (CKM_RSA_PKCS_PSS, HashKind.None), (CKM_SHA1_RSA_PKCS_PSS, HashKind.Sha1), (CKM_SHA224_RSA_PKCS_PSS, HashKind.Sha224),
            (CKM_SHA256_RSA_PKCS_PSS, HashKind.Sha256), (CKM_SHA384_RSA_PKCS_PSS, HashKind.Sha384),
            (CKM_SHA512_RSA_PKCS_PSS, HashKind.Sha512), (CKM_SHA3_224_RSA_PKCS_PSS, HashKind.Sha3_224),
            (CKM_SHA3_256_RSA_PKCS_PSS, HashKind.Sha3_256), (CKM_SHA3_384_RSA_PKCS_PSS, HashKind.Sha3_384),
            (CKM_SHA3_512_RSA_PKCS_PSS, HashKind.Sha3_512),
        ];
        (CKM, HashKind)[] ecdsa =
        [
            (CKM_ECDSA, HashKind.None), (CKM_ECDSA_SHA1, HashKind.Sha1), (CKM_ECDSA_SHA224, HashKind.Sha224),
            (CKM_ECDSA_SHA256, HashKind.Sha256), (CKM_ECDSA_SHA384, HashKind.Sha384), (CKM_ECDSA_SHA512, HashKind.Sha512),
            (CKM_ECDSA_SHA3_224, HashKind.Sha3_224), (CKM_ECDSA_SHA3_256, HashKind.Sha3_256),
            (CKM_ECDSA_SHA3_384, HashKind.Sha3_384), (CKM_ECDSA_SHA3_512, HashKind.Sha3_512),
        ];
        IEnumerable<SignatureMechanism> rows =
        [
            .. pkcs1.Select(row => new SignatureMechanism(row.Item1, SignatureScheme.RsaPkcs1, row.Item2, CKK.CKK_RSA, 2048, 4096)),
            .. pss.Select(row => new SignatureMechanism(row.Item1, SignatureScheme.RsaPss, row.Item2, CKK.CKK_RSA, 2048, 4096)),
            .. ecdsa.Select(row => new SignatureMechanism(row.Item1, SignatureScheme.Ecdsa, row.Item2, CKK.CKK_EC, 256, 521)),
            new SignatureMechanism(CKM_RSA_X_509, SignatureScheme.RsaRaw, HashKind.None, CKK.CKK_RSA, 2048, 4096),
            new SignatureMechanism(CKM_EDDSA, SignatureScheme.Eddsa, HashKind.None, CKK.CKK_EC_EDWARDS, 255, 448),
            new SignatureMechanism(CKM_ML_DSA, SignatureScheme.MlDsa, HashKind.None, CKK.CKK_ML_DSA, 1312, 2592),
            new SignatureMechanism(CKM_SLH_DSA, SignatureScheme.SlhDsa, HashKind.None, CKK.CKK_SLH_DSA, 32, 64),
        ];
        return rows.ToDictionary(row => row.Mechanism);
    }
}
