namespace CodeSign.Cryptoki;

/// <summary>Certificate types.</summary>
public enum CKC : ulong
{
    CKC_X_509 = 0x0,
    CKC_X_509_ATTR_CERT = 0x1,
    CKC_WTLS = 0x2,
}
