namespace CodeSign.Cryptoki;

/// <summary>User types (C_Login).</summary>
public enum CKU : ulong
{
    CKU_SO = 0x0,
    CKU_USER = 0x1,
    CKU_CONTEXT_SPECIFIC = 0x2,
}
