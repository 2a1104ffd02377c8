namespace CodeSign.Cryptoki;

/// <summary>Special values of CK_ULONG fields and attributes.</summary>
public static class CK
{
    public const ulong CK_UNAVAILABLE_INFORMATION = 0xffffffffffffffff;
    public const ulong CK_EFFECTIVELY_INFINITE = 0x0;
    public const ulong CK_INVALID_HANDLE = 0x0;

    // CKA_CERTIFICATE_CATEGORY
    public const ulong CK_CERTIFICATE_CATEGORY_UNSPECIFIED = 0x0;
    public const ulong CK_CERTIFICATE_CATEGORY_TOKEN_USER = 0x1;
    public const ulong CK_CERTIFICATE_CATEGORY_AUTHORITY = 0x2;
    public const ulong CK_CERTIFICATE_CATEGORY_OTHER_ENTITY = 0x3;

    // CKA_JAVA_MIDP_SECURITY_DOMAIN
    public const ulong CK_SECURITY_DOMAIN_UNSPECIFIED = 0x0;
    public const ulong CK_SECURITY_DOMAIN_MANUFACTURER = 0x1;
    public const ulong CK_SECURITY_DOMAIN_OPERATOR = 0x2;
    public const ulong CK_SECURITY_DOMAIN_THIRD_PARTY = 0x3;
}
