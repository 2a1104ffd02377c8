namespace CodeSign.Cryptoki;

/// <summary>What a validation object says (PKCS#11 v3.2 section 4.15).</summary>
public static class CKV
{
    // CKA_VALIDATION_AUTHORITY_TYPE
    public const ulong CKV_AUTHORITY_TYPE_UNSPECIFIED = 0x0;
    public const ulong CKV_AUTHORITY_TYPE_NIST_CMVP = 0x1;
    public const ulong CKV_AUTHORITY_TYPE_COMMON_CRITERIA = 0x2;

    // CKA_VALIDATION_TYPE
    public const ulong CKV_TYPE_UNSPECIFIED = 0x0;
    public const ulong CKV_TYPE_SOFTWARE = 0x1;
    public const ulong CKV_TYPE_HARDWARE = 0x2;
    public const ulong CKV_TYPE_FIRMWARE = 0x3;
    public const ulong CKV_TYPE_HYBRID = 0x4;
}
