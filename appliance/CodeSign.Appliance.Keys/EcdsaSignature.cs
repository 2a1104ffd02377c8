using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Keys;

/// <summary>The two spellings of an ECDSA signature: r‖s (PKCS#11 v3.0 section 2.3.1) and Ecdsa-Sig-Value (RFC 3279 section 2.2.3).</summary>
internal static class EcdsaSignature
{
    /// <summary>SEQUENCE of two INTEGERs of 521 bits, rounded up.</summary>
    public const int DerBytesMax = 144;

    public static byte[] FromDer(ReadOnlySpan<byte> der, int bytes)
    {
        byte[] pair = new byte[bytes];
        AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out int offset, out int length, out _);
        ReadOnlySpan<byte> content = der.Slice(offset, length);
        Place(ref content, pair.AsSpan(0, bytes / 2));
        Place(ref content, pair.AsSpan(bytes / 2));
        return pair;
    }

    public static byte[] ToDer(ReadOnlySpan<byte> pair)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Minimal(pair[..(pair.Length / 2)]));
            writer.WriteIntegerUnsigned(Minimal(pair[(pair.Length / 2)..]));
        }

        return writer.Encode();
    }

    private static void Place(ref ReadOnlySpan<byte> content, Span<byte> half)
    {
        ReadOnlySpan<byte> number = AsnDecoder.ReadIntegerBytes(content, AsnEncodingRules.DER, out int consumed);
        content = content[consumed..];
        number = number[0] == 0 ? number[1..] : number;
        if (number.Length > half.Length)
        {
            throw new CryptographicException("An ECDSA signature is longer than its curve.");
        }

        number.CopyTo(half[(half.Length - number.Length)..]);
    }

    private static ReadOnlySpan<byte> Minimal(ReadOnlySpan<byte> number)
    {
        ReadOnlySpan<byte> trimmed = number.TrimStart((byte)0);
        return trimmed.IsEmpty ? number[..1] : trimmed;
    }
}
