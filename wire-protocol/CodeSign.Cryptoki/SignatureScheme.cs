namespace CodeSign.Cryptoki;

/// <summary>How a signature is made, whatever hash stands before it.</summary>
public enum SignatureScheme
{
    /// <summary>RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), or type 1 padding over bytes as they come for CKM_RSA_PKCS.</summary>
    RsaPkcs1,

    /// <summary>RSA without padding (CKM_RSA_X_509).</summary>
    RsaRaw,

    /// <summary>RSASSA-PSS (RFC 8017 section 8.1).</summary>
    RsaPss,

    /// <summary>ECDSA, r‖s (PKCS#11 v3.0 section 2.3.1).</summary>
    Ecdsa,

    /// <summary>Ed25519, Ed448 (RFC 8032), pure.</summary>
    Eddsa,

    /// <summary>ML-DSA, pure (FIPS 204 section 5.2).</summary>
    MlDsa,

    /// <summary>SLH-DSA, pure (FIPS 205 section 10.2.1).</summary>
    SlhDsa,
}
