namespace CodeSign.Cryptoki;

/// <summary>Certificate types (CKA_CERTIFICATE_TYPE).</summary>
public enum CKC : ulong
{
    CKC_X_509 = 0x0,
    CKC_X_509_ATTR_CERT = 0x1,
    CKC_WTLS = 0x2,
    CKC_VENDOR_DEFINED = 0x80000000,
}
