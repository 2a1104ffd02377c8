using static CodeSign.Cryptoki.CKG;
using static CodeSign.Cryptoki.CKM;

namespace CodeSign.Cryptoki;

/// <summary>One row per hash function: what every standard we speak calls it, and CKM_… digests with it.</summary>
/// <param name="Hash">Our name.</param>
/// <param name="Name">As configuration, the audit record and the command line say it: <c>sha256</c>, <c>sha3-256</c>.</param>
/// <param name="Mechanism">The mechanism of C_DigestInit, and the hashAlg of CK_RSA_PKCS_PSS_PARAMS.</param>
/// <param name="Mgf">MGF1 with this hash, for CK_RSA_PKCS_PSS_PARAMS.</param>
/// <param name="DigestBytes">Bytes of a digest.</param>
/// <param name="Oid">Dotted OID (NIST CSOR; SHA-1: RFC 8017 appendix B.1).</param>
public sealed record DigestMechanism(HashKind Hash, string Name, CKM Mechanism, CKG Mgf, int DigestBytes, string Oid)
{
    /// <summary>Every row, in the order of <see cref="HashKind"/>.</summary>
    public static IReadOnlyList<DigestMechanism> All { get; } =
    [
        new(HashKind.Sha1, "sha1", CKM_SHA_1, CKG_MGF1_SHA1, 20, "1.3.14.3.2.26"),
        new(HashKind.Sha224, "sha224", CKM_SHA224, CKG_MGF1_SHA224, 28, "2.16.840.1.101.3.4.2.4"),
        new(HashKind.Sha256, "sha256", CKM_SHA256, CKG_MGF1_SHA256, 32, "2.16.840.1.101.3.4.2.1"),
        new(HashKind.Sha384, "sha384", CKM_SHA384, CKG_MGF1_SHA384, 48, "2.16.840.1.101.3.4.2.2"),
        new(HashKind.Sha512, "sha512", CKM_SHA512, CKG_MGF1_SHA512, 64, "2.16.840.1.101.3.4.2.3"),
        new(HashKind.Sha3_224, "sha3-224", CKM_SHA3_224, CKG_MGF1_SHA3_224, 28, "2.16.840.1.101.3.4.2.7"),
        new(HashKind.Sha3_256, "sha3-256", CKM_SHA3_256, CKG_MGF1_SHA3_256, 32, "2.16.840.1.101.3.4.2.8"),
        new(HashKind.Sha3_384, "sha3-384", CKM_SHA3_384, CKG_MGF1_SHA3_384, 48, "2.16.840.1.101.3.4.2.9"),
        new(HashKind.Sha3_512, "sha3-512", CKM_SHA3_512, CKG_MGF1_SHA3_512, 64, "2.16.840.1.101.3.4.2.10"),
    ];

    /// <summary>CK_MECHANISM_INFO.flags.</summary>
    public static ulong Flags => CKF.CKF_DIGEST;

    /// <summary>The row of a hash.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="HashKind.None"/>, or no value of the enumeration.</exception>
    public static DigestMechanism Of(HashKind hash)
    {
        int index = (int)hash - 1;
        return index >= 0 && index < All.Count ? All[index] : throw new ArgumentOutOfRangeException(nameof(hash), hash, "Not a hash.");
    }

    /// <summary>The row of a mechanism, or null where it is no hash of ours.</summary>
    public static DigestMechanism? Find(CKM mechanism) => All.FirstOrDefault(row => row.Mechanism == mechanism);

    /// <summary>The row of a name, or null.</summary>
    public static DigestMechanism? Find(string name) => All.FirstOrDefault(row => string.Equals(row.Name, name, StringComparison.Ordinal));
}
