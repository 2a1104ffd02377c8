namespace CodeSign.Cryptoki;

/// <summary>Hash functions our tables speak of.</summary>
public enum HashKind
{
    None,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}
