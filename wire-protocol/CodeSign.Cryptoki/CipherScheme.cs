namespace CodeSign.Cryptoki;

/// <summary>How bytes are enciphered, whatever they are.</summary>
public enum CipherScheme
{
    /// <summary>AES key wrap: whole blocks of 8 bytes, at least two (RFC 3394; SP 800-38F KW).</summary>
    AesKeyWrap,

    /// <summary>AES key wrap with padding: any length (RFC 5649; SP 800-38F KWP).</summary>
    AesKeyWrapPadded,

    /// <summary>AES key wrap over PKCS#7 padding.</summary>
    AesKeyWrapPkcs7,

    /// <summary>AES in CBC, filled up with zeros.</summary>
    AesCbc,

    /// <summary>AES in CBC over PKCS#7 padding.</summary>
    AesCbcPadded,

    /// <summary>AES-GCM, the tag behind the rest (SP 800-38D).</summary>
    AesGcm,

    /// <summary>RSAES-PKCS1-v1_5 (RFC 8017 section 7.2).</summary>
    RsaPkcs1,

    /// <summary>RSAES-OAEP (RFC 8017 section 7.1).</summary>
    RsaOaep,

    /// <summary>An AES key of one use under OAEP, and behind it the rest under that key by RFC 5649.</summary>
    RsaAesKeyWrap,
}
