namespace CodeSign.Cryptoki;

/// <summary>Object classes (CKA_CLASS). The last two are NSS's own, which Mozilla's library asks every token for.</summary>
public enum CKO : ulong
{
    CKO_DATA = 0x0,
    CKO_CERTIFICATE = 0x1,
    CKO_PUBLIC_KEY = 0x2,
    CKO_PRIVATE_KEY = 0x3,
    CKO_SECRET_KEY = 0x4,
    CKO_HW_FEATURE = 0x5,
    CKO_DOMAIN_PARAMETERS = 0x6,
    CKO_MECHANISM = 0x7,
    CKO_OTP_KEY = 0x8,
    CKO_PROFILE = 0x9,
    CKO_VALIDATION = 0xa,
    CKO_TRUST = 0xb,
    CKO_VENDOR_DEFINED = 0x80000000,
    CKO_NSS_TRUST = 0xce534353,
    CKO_NSS_BUILTIN_ROOT_LIST = 0xce534354,
}
