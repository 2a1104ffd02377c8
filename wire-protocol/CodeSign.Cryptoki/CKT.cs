namespace CodeSign.Cryptoki;

/// <summary>What a trust object says of a certificate and a use (PKCS#11 v3.2 section 4.7).</summary>
public enum CKT : ulong
{
    CKT_TRUST_UNKNOWN = 0x0,
    CKT_TRUSTED = 0x1,
    CKT_TRUST_ANCHOR = 0x2,
    CKT_NOT_TRUSTED = 0x3,
    CKT_TRUST_MUST_VERIFY_TRUST = 0x4,
}
