namespace CodeSign.Cryptoki;

/// <summary>Mask generation functions (CK_RSA_PKCS_MGF_TYPE).</summary>
public enum CKG : ulong
{
    CKG_MGF1_SHA1 = 0x1,
    CKG_MGF1_SHA256 = 0x2,
    CKG_MGF1_SHA384 = 0x3,
    CKG_MGF1_SHA512 = 0x4,
    CKG_MGF1_SHA224 = 0x5,
    CKG_MGF1_SHA3_224 = 0x6,
    CKG_MGF1_SHA3_256 = 0x7,
    CKG_MGF1_SHA3_384 = 0x8,
    CKG_MGF1_SHA3_512 = 0x9,
}
