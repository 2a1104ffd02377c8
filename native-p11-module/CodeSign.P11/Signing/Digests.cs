using CodeSign.Cryptoki;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;

namespace CodeSign.P11.Signing;

/// <summary>Hash functions by our name: BouncyCastle's, which need nothing of the host's.</summary>
internal static class Digests
{
    public static IDigest Create(HashKind hash) => hash switch
    {
        HashKind.None => throw new ArgumentOutOfRangeException(nameof(hash), hash, "Not a hash."),
        HashKind.Sha1 => new Sha1Digest(),
        HashKind.Sha224 => new Sha224Digest(),
        HashKind.Sha256 => new Sha256Digest(),
        HashKind.Sha384 => new Sha384Digest(),
        HashKind.Sha512 => new Sha512Digest(),
        HashKind.Sha3_224 => new Sha3Digest(224),
        HashKind.Sha3_256 => new Sha3Digest(256),
        HashKind.Sha3_384 => new Sha3Digest(384),
        HashKind.Sha3_512 => new Sha3Digest(512),
    };

    public static byte[] Finish(IDigest digest)
    {
        byte[] value = new byte[digest.GetDigestSize()];
        digest.DoFinal(value, 0);
        return value;
    }
}
