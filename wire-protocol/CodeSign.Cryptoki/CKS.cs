namespace CodeSign.Cryptoki;

/// <summary>Session states.</summary>
public enum CKS : ulong
{
    CKS_RO_PUBLIC_SESSION = 0x0,
    CKS_RO_USER_FUNCTIONS = 0x1,
    CKS_RW_PUBLIC_SESSION = 0x2,
    CKS_RW_USER_FUNCTIONS = 0x3,
    CKS_RW_SO_FUNCTIONS = 0x4,
}
