using System.Formats.Asn1;
using System.Numerics;

namespace CodeSign.Appliance.Requests.Operations.Environments;

/// <summary>The little DER that tells key files apart.</summary>
internal static class Der
{
    /// <summary>True for SEQUENCE { INTEGER version, … }.</summary>
    public static bool StartsWithVersion(ReadOnlySpan<byte> file, int version)
    {
        try
        {
            if (!AsnDecoder.TryReadEncodedValue(file, AsnEncodingRules.BER, out Asn1Tag tag, out int offset, out int length, out _)
                || tag != Asn1Tag.Sequence)
            {
                return false;
            }

            ReadOnlySpan<byte> content = file.Slice(offset, length);
            return Asn1Tag.TryDecode(content, out Asn1Tag first, out _)
                && first == Asn1Tag.Integer
                && AsnDecoder.ReadInteger(content, AsnEncodingRules.BER, out _) == new BigInteger(version);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
