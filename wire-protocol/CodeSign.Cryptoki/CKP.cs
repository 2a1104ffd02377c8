namespace CodeSign.Cryptoki;

/// <summary>Parameter sets and profiles: several lists of small numbers under one prefix.</summary>
public static class CKP
{
    // CKA_PROFILE_ID
    public const ulong CKP_INVALID_ID = 0x0;
    public const ulong CKP_BASELINE_PROVIDER = 0x1;
    public const ulong CKP_EXTENDED_PROVIDER = 0x2;
    public const ulong CKP_AUTHENTICATION_TOKEN = 0x3;
    public const ulong CKP_PUBLIC_CERTIFICATES_TOKEN = 0x4;
    public const ulong CKP_COMPLETE_PROVIDER = 0x5;
    public const ulong CKP_HKDF_TLS_TOKEN = 0x6;
    public const ulong CKP_VENDOR_DEFINED = 0x80000000;

    // CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA1 = 0x1;
    public const ulong CKP_PKCS5_PBKD2_HMAC_GOSTR3411 = 0x2;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA224 = 0x3;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA256 = 0x4;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA384 = 0x5;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA512 = 0x6;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA512_224 = 0x7;
    public const ulong CKP_PKCS5_PBKD2_HMAC_SHA512_256 = 0x8;

    // CKA_PARAMETER_SET of ML-DSA keys
    public const ulong CKP_ML_DSA_44 = 0x1;
    public const ulong CKP_ML_DSA_65 = 0x2;
    public const ulong CKP_ML_DSA_87 = 0x3;

    // CKA_PARAMETER_SET of SLH-DSA keys
    public const ulong CKP_SLH_DSA_SHA2_128S = 0x1;
    public const ulong CKP_SLH_DSA_SHAKE_128S = 0x2;
    public const ulong CKP_SLH_DSA_SHA2_128F = 0x3;
    public const ulong CKP_SLH_DSA_SHAKE_128F = 0x4;
    public const ulong CKP_SLH_DSA_SHA2_192S = 0x5;
    public const ulong CKP_SLH_DSA_SHAKE_192S = 0x6;
    public const ulong CKP_SLH_DSA_SHA2_192F = 0x7;
    public const ulong CKP_SLH_DSA_SHAKE_192F = 0x8;
    public const ulong CKP_SLH_DSA_SHA2_256S = 0x9;
    public const ulong CKP_SLH_DSA_SHAKE_256S = 0xa;
    public const ulong CKP_SLH_DSA_SHA2_256F = 0xb;
    public const ulong CKP_SLH_DSA_SHAKE_256F = 0xc;

    // CKA_PARAMETER_SET of ML-KEM keys
    public const ulong CKP_ML_KEM_512 = 0x1;
    public const ulong CKP_ML_KEM_768 = 0x2;
    public const ulong CKP_ML_KEM_1024 = 0x3;
}
