using static CodeSign.Cryptoki.CipherScheme;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>
/// One row per mechanism that enciphers keys (C_WrapKey, C_UnwrapKey). Module, server, policy, documentation and tests are queries over
/// these rows.
/// </summary>
/// <param name="Mechanism">The standard's number and name.</param>
/// <param name="Scheme">What it does.</param>
/// <param name="KeyType">The key it works with.</param>
/// <param name="KeySizeMin">CK_MECHANISM_INFO.ulMinKeySize: bytes of an AES key, bits of a modulus.</param>
/// <param name="KeySizeMax">CK_MECHANISM_INFO.ulMaxKeySize.</param>
/// <param name="Flags">CK_MECHANISM_INFO.flags.</param>
public sealed record CipherMechanism(CKM Mechanism, CipherScheme Scheme, CKK KeyType, ulong KeySizeMin, ulong KeySizeMax, ulong Flags)
{
    private const int WrapBlockBytes = 8;
    private const int BlockBytes = 16;
    private const ulong Carries = CKF.CKF_WRAP | CKF.CKF_UNWRAP;

    /// <summary>Every row, in the order of the mechanism numbers.</summary>
    public static IReadOnlyList<CipherMechanism> All { get; } =
    [
        Rsa(CKM_RSA_PKCS, RsaPkcs1),
        Rsa(CKM_RSA_PKCS_OAEP, RsaOaep),
        Rsa(CKM_RSA_AES_KEY_WRAP, RsaAesKeyWrap),
        Aes(CKM_AES_CBC, AesCbc),
        Aes(CKM_AES_CBC_PAD, AesCbcPadded),
        Aes(CKM_AES_GCM, AesGcm),
        Aes(CKM_AES_KEY_WRAP, AesKeyWrap),
        Aes(CKM_AES_KEY_WRAP_PAD, AesKeyWrapPkcs7),
        Aes(CKM_AES_KEY_WRAP_KWP, AesKeyWrapPadded),
        Aes(CKM_AES_KEY_WRAP_PKCS7, AesKeyWrapPkcs7),
    ];

    /// <summary>
    /// True where what was enciphered can be changed unseen, or where refusals tell something of it to who may ask often: such mechanisms
    /// carry keys only where a project allows it by name.
    /// </summary>
    public bool IsMalleable => Scheme is AesCbc or AesCbcPadded or RsaPkcs1;

    /// <summary>True where it works with a public key one way and its private key the other.</summary>
    public bool IsAsymmetric => KeyType == CKK.CKK_RSA;

    /// <summary>The row of a mechanism, or null where it carries no keys here.</summary>
    public static CipherMechanism? Find(CKM mechanism) => All.FirstOrDefault(row => row.Mechanism == mechanism);

    /// <summary>Bytes of the result for so many bytes.</summary>
    /// <param name="bytes">What is enciphered.</param>
    /// <param name="keyBytes">Of the key it is enciphered under: of its modulus, where it is an RSA key.</param>
    /// <param name="tagBytes">Of the tag, where there is one.</param>
    public int OutputBytes(int bytes, int keyBytes, int tagBytes) => Scheme switch
    {
        AesKeyWrap => bytes + WrapBlockBytes,
        AesKeyWrapPadded => RoundUp(bytes, WrapBlockBytes) + WrapBlockBytes,
        AesKeyWrapPkcs7 => RoundUp(bytes + 1, WrapBlockBytes) + WrapBlockBytes,
        AesCbc => RoundUp(bytes, BlockBytes),
        AesCbcPadded => RoundUp(bytes + 1, BlockBytes),
        AesGcm => bytes + tagBytes,
        RsaPkcs1 or RsaOaep => keyBytes,
        RsaAesKeyWrap => keyBytes + RoundUp(bytes, WrapBlockBytes) + WrapBlockBytes,
    };

    private static CipherMechanism Aes(CKM mechanism, CipherScheme scheme) => new(mechanism, scheme, CKK.CKK_AES, 16, 32, Carries);

    private static CipherMechanism Rsa(CKM mechanism, CipherScheme scheme) => new(mechanism, scheme, CKK.CKK_RSA, 2048, 4096, Carries);

    private static int RoundUp(int bytes, int block) => (bytes + block - 1) / block * block;
}
