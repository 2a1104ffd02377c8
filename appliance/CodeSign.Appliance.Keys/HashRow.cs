using CodeSign.Cryptoki;
using static CodeSign.Cryptoki.CKG;
using static CodeSign.Cryptoki.CKM;
using static CodeSign.Cryptoki.HashKind;

namespace CodeSign.Appliance.Keys;

/// <summary>What the engine knows of a hash function.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Bytes">Length of a digest.</param>
/// <param name="LibcryptoName">As EVP_get_digestbyname takes it.</param>
/// <param name="Mechanism">hashAlg of CK_RSA_PKCS_PSS_PARAMS.</param>
/// <param name="MaskGenerator">mgf of CK_RSA_PKCS_PSS_PARAMS.</param>
/// <param name="DigestInfoPrefix">DER of a DigestInfo up to the digest itself (RFC 8017 section 9.2 note 1).</param>
internal sealed record HashRow(
    HashKind Kind, int Bytes, string LibcryptoName, CKM Mechanism, CKG MaskGenerator, byte[] DigestInfoPrefix)
{
    // Arcs below 2.16.840.1.101.3.4.2 (NIST hash algorithms), content octets; SHA-1 is 1.3.14.3.2.26.
    private static readonly byte[] NistHash = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    private static readonly byte[] Oiw = [0x2b, 0x0e, 0x03, 0x02];

    private static readonly Dictionary<HashKind, HashRow> Rows = new HashRow[]
    {
        Row(Sha1, 20, "SHA1", CKM_SHA_1, CKG_MGF1_SHA1, Oiw, 0x1a),
        Row(Sha224, 28, "SHA224", CKM_SHA224, CKG_MGF1_SHA224, NistHash, 4),
        Row(Sha256, 32, "SHA256", CKM_SHA256, CKG_MGF1_SHA256, NistHash, 1),
        Row(Sha384, 48, "SHA384", CKM_SHA384, CKG_MGF1_SHA384, NistHash, 2),
        Row(Sha512, 64, "SHA512", CKM_SHA512, CKG_MGF1_SHA512, NistHash, 3),
        Row(Sha3_224, 28, "SHA3-224", CKM_SHA3_224, CKG_MGF1_SHA3_224, NistHash, 7),
        Row(Sha3_256, 32, "SHA3-256", CKM_SHA3_256, CKG_MGF1_SHA3_256, NistHash, 8),
        Row(Sha3_384, 48, "SHA3-384", CKM_SHA3_384, CKG_MGF1_SHA3_384, NistHash, 9),
        Row(Sha3_512, 64, "SHA3-512", CKM_SHA3_512, CKG_MGF1_SHA3_512, NistHash, 10),
    }.ToDictionary(row => row.Kind);

    /// <summary>Null for <see cref="None"/>.</summary>
    public static HashRow? Find(HashKind kind) => Rows.GetValueOrDefault(kind);

    public static HashRow Of(HashKind kind) => Rows[kind];

    private static HashRow Row(
        HashKind kind, int bytes, string name, CKM mechanism, CKG maskGenerator, byte[] arcs, byte last)
    {
        int oidBytes = arcs.Length + 1;
        byte[] prefix =
        [
            0x30, (byte)(oidBytes + bytes + 8),
            0x30, (byte)(oidBytes + 4), 0x06, (byte)oidBytes, .. arcs, last, 0x05, 0x00,
            0x04, (byte)bytes,
        ];
        return new HashRow(kind, bytes, name, mechanism, maskGenerator, prefix);
    }
}
