using static CodeSign.Cryptoki.CKK;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>One row per mechanism that makes secret keys.</summary>
/// <param name="Mechanism">The standard's number and name.</param>
/// <param name="KeyType">What it makes.</param>
/// <param name="KeyBytesMin">The shortest key.</param>
/// <param name="KeyBytesMax">The longest.</param>
/// <param name="KeyBytesStep">Lengths lie so far apart.</param>
public sealed record SecretKeyMechanism(CKM Mechanism, CKK KeyType, ulong KeyBytesMin, ulong KeyBytesMax, ulong KeyBytesStep)
{
    /// <summary>Every row, in the order of the mechanism numbers.</summary>
    public static IReadOnlyList<SecretKeyMechanism> All { get; } =
    [
        new(CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 1, 4096, 1),
        new(CKM_AES_KEY_GEN, CKK_AES, 16, 32, 8),
    ];

    /// <summary>The row of a mechanism, or null.</summary>
    public static SecretKeyMechanism? Find(CKM mechanism) => All.FirstOrDefault(row => row.Mechanism == mechanism);

    /// <summary>The row whose lengths secret keys of a type have: keys of one HMAC are as long as generic ones.</summary>
    public static SecretKeyMechanism LengthsOf(CKK type) => All.FirstOrDefault(row => row.KeyType == type) ?? Find(CKM_GENERIC_SECRET_KEY_GEN)!;

    /// <summary>CK_MECHANISM_INFO.ulMinKeySize: the standard counts generic secrets in bits, AES keys in bytes.</summary>
    public ulong KeySizeMin => KeyBytesMin * SizesPerByte;

    /// <summary>CK_MECHANISM_INFO.ulMaxKeySize.</summary>
    public ulong KeySizeMax => KeyBytesMax * SizesPerByte;

    private ulong SizesPerByte => KeyType == CKK_GENERIC_SECRET ? 8UL : 1UL;

    /// <summary>Whether it makes keys of this length.</summary>
    public bool Makes(ulong bytes) => bytes >= KeyBytesMin && bytes <= KeyBytesMax && (bytes - KeyBytesMin) % KeyBytesStep == 0;
}
