namespace CodeSign.Cryptoki;

/// <summary>Where a mechanism finds data its parameters speak of.</summary>
public static class CKZ
{
    // CK_RSA_PKCS_OAEP_SOURCE_TYPE
    public const ulong CKZ_DATA_SPECIFIED = 0x1;

    // CK_PKCS5_PBKDF2_SALT_SOURCE_TYPE
    public const ulong CKZ_SALT_SPECIFIED = 0x1;
}
