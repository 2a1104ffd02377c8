using static CodeSign.Cryptoki.CKK;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>
/// One row per key type: the mechanism that makes such a pair (CKA_KEY_GEN_MECHANISM, C_GenerateKeyPair, and what a device behind the
/// appliance is asked for).
/// </summary>
/// <param name="Mechanism">The standard's number and name.</param>
/// <param name="KeyType">What it makes.</param>
/// <param name="KeyBitsMin">The smallest key our algorithms have.</param>
/// <param name="KeyBitsMax">The largest.</param>
public sealed record KeyPairMechanism(CKM Mechanism, CKK KeyType, ulong KeyBitsMin, ulong KeyBitsMax)
{
    /// <summary>Every row, in the order of the mechanism numbers.</summary>
    public static IReadOnlyList<KeyPairMechanism> All { get; } =
    [
        new(CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, 2048, 4096),
        new(CKM_EC_KEY_PAIR_GEN, CKK_EC, 256, 521),
        new(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, 255, 448),
        new(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, 255, 448),
        new(CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA, 1312, 2592),
        new(CKM_SLH_DSA_KEY_PAIR_GEN, CKK_SLH_DSA, 32, 64),
    ];

    /// <summary>CK_MECHANISM_INFO.flags.</summary>
    public ulong Flags => CKF.CKF_GENERATE_KEY_PAIR | KeyType switch
    {
        CKK_RSA or CKK_ML_DSA or CKK_SLH_DSA => 0,
        CKK_EC => CKF.CKF_EC_F_P | CKF.CKF_EC_OID | CKF.CKF_EC_CURVENAME | CKF.CKF_EC_UNCOMPRESS,
        _ => CKF.CKF_EC_F_P | CKF.CKF_EC_OID | CKF.CKF_EC_CURVENAME | CKF.CKF_EC_COMPRESS,
    };

    /// <summary>The row of a mechanism, or null.</summary>
    public static KeyPairMechanism? Find(CKM mechanism) => All.FirstOrDefault(row => row.Mechanism == mechanism);

    /// <summary>The row of a key type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No algorithm of ours has such keys.</exception>
    public static KeyPairMechanism Of(CKK keyType) => All.FirstOrDefault(row => row.KeyType == keyType)
        ?? throw new ArgumentOutOfRangeException(nameof(keyType), keyType, "Not a key type of ours.");
}
