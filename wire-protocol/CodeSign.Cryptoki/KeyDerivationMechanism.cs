using static CodeSign.Cryptoki.CKK;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>One row per mechanism that makes a key out of another and somebody's public point.</summary>
/// <param name="Mechanism">The standard's number and name.</param>
public sealed record KeyDerivationMechanism(CKM Mechanism)
{
    /// <summary>Every row. All our curves have the cofactor 1, or one that RFC 7748 works into its numbers: both agree on the same secret.</summary>
    public static IReadOnlyList<KeyDerivationMechanism> All { get; } = [new(CKM_ECDH1_DERIVE), new(CKM_ECDH1_COFACTOR_DERIVE)];

    /// <summary>CK_MECHANISM_INFO.ulMinKeySize: bits of the smallest curve.</summary>
    public static ulong KeyBitsMin => 255;

    /// <summary>CK_MECHANISM_INFO.ulMaxKeySize.</summary>
    public static ulong KeyBitsMax => 521;

    /// <summary>CK_MECHANISM_INFO.flags.</summary>
    public static ulong Flags => CKF.CKF_DERIVE | CKF.CKF_EC_F_P | CKF.CKF_EC_OID | CKF.CKF_EC_UNCOMPRESS;

    /// <summary>The row of a mechanism, or null.</summary>
    public static KeyDerivationMechanism? Find(CKM mechanism) => All.FirstOrDefault(row => row.Mechanism == mechanism);

    /// <summary>Whether keys of this type agree on secrets.</summary>
    public static bool Takes(CKK keyType) => keyType is CKK_EC or CKK_EC_MONTGOMERY;

    /// <summary>The hash of a key derivation function of ANSI X9.63; none for the bare secret, null where we have no such function.</summary>
    public static HashKind? HashOf(CKD kdf) => kdf switch
    {
        CKD.CKD_NULL => HashKind.None,
        CKD.CKD_SHA1_KDF => HashKind.Sha1,
        CKD.CKD_SHA224_KDF => HashKind.Sha224,
        CKD.CKD_SHA256_KDF => HashKind.Sha256,
        CKD.CKD_SHA384_KDF => HashKind.Sha384,
        CKD.CKD_SHA512_KDF => HashKind.Sha512,
        CKD.CKD_SHA3_224_KDF => HashKind.Sha3_224,
        CKD.CKD_SHA3_256_KDF => HashKind.Sha3_256,
        CKD.CKD_SHA3_384_KDF => HashKind.Sha3_384,
        CKD.CKD_SHA3_512_KDF => HashKind.Sha3_512,
        _ => null,
    };
}
