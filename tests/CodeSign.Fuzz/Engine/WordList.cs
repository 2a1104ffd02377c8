using System.Buffers.Binary;
using System.Text;
using CodeSign.Cryptoki;

namespace CodeSign.Fuzz.Engine;

/// <summary>What inputs of a kind are made of.</summary>
internal static class WordList
{
    /// <summary>Tags, and numbers of PKCS#11 as varints.</summary>
    public static IReadOnlyList<byte[]> Protobuf { get; } =
    [
        .. from field in Enumerable.Range(1, 16) from type in (int[])[0, 1, 2, 5] select Mutator.Varint((ulong)((field << 3) | type)),
        .. Enum.GetValues<CKM>().Take(200).Select(value => Mutator.Varint((ulong)value)),
        .. Enum.GetValues<CKA>().Select(value => Mutator.Varint((ulong)value)),
        .. Enumerable.Range(0, 12).Select(shift => Mutator.Varint(1UL << (shift * 5))),
    ];

    /// <summary>Numbers of PKCS#11 as the host's words.</summary>
    public static IReadOnlyList<byte[]> Cryptoki { get; } =
    [
        .. Enum.GetValues<CKA>().Select(value => Word((ulong)value)),
        .. SignatureMechanism.All.Select(row => Word((ulong)row.Mechanism)),
        .. DigestMechanism.All.Select(row => Word((ulong)row.Mechanism)),
        .. DigestMechanism.All.Select(row => Word((ulong)row.Mgf)),
        .. Enum.GetValues<CKO>().Select(value => Word((ulong)value)),
        .. Enum.GetValues<CKK>().Select(value => Word((ulong)value)),
        Word(ulong.MaxValue),
    ];

    /// <summary>Tags, lengths and the identifiers that key files and certificates use.</summary>
    public static IReadOnlyList<byte[]> Der { get; } =
    [
        [0x30, 0x00], [0x31, 0x00], [0x02, 0x01, 0x00], [0x02, 0x01, 0x7f], [0x04, 0x00], [0x05, 0x00], [0x03, 0x01, 0x00], [0x06, 0x00],
        [0x30, 0x80], [0x24, 0x80], [0x00, 0x00], [0xa0, 0x00], [0xa0, 0x80], [0xa1, 0x00], [0x0c, 0x00], [0x16, 0x00], [0x17, 0x00], [0x18, 0x00],
        [0x84, 0xff, 0xff, 0xff, 0xff], [0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x82, 0x01, 0x00], [0x81, 0x80], [0x1f, 0x81, 0x00],
        .. Oids.Select(Oid),
    ];

    private static string[] Oids =>
    [
        "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.11", "1.2.840.10045.2.1", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35",
        "1.3.132.0.10", "1.3.101.112", "1.3.101.113", "1.3.101.110", "1.2.840.113549.1.5.12", "1.2.840.113549.1.5.13", "1.3.6.1.4.1.11591.4.11",
        "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3", "1.2.840.113549.1.7.6", "1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.6",
        "1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2", "1.2.840.113549.1.12.10.1.3", "1.2.840.113549.1.12.10.1.4", "1.2.840.113549.1.12.10.1.6",
        "1.2.840.113549.1.9.22.1", "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21", "2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26",
        "2.5.29.19", "2.5.29.15", "2.5.4.3", "1.2.840.10045.4.3.2",
    ];

    public static byte[] Word(ulong value)
    {
        byte[] word = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        return word;
    }

    public static IEnumerable<byte[]> Text(params string[] words) => words.Select(Encoding.UTF8.GetBytes);

    private static byte[] Oid(string dotted)
    {
        System.Formats.Asn1.AsnWriter writer = new(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(dotted);
        return writer.Encode();
    }
}
