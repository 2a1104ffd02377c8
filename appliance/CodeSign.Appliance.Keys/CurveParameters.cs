using System.Formats.Asn1;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>CKA_EC_PARAMS as applications write it: the curve's OBJECT IDENTIFIER, or its name (PKCS#11 v3.2 section 6.3).</summary>
public static class CurveParameters
{
    /// <summary>The row of a curve that keys of this type can be on.</summary>
    /// <exception cref="FaultException">CKR_DOMAIN_PARAMS_INVALID: neither; CKR_CURVE_NOT_SUPPORTED: a curve that isn't ours.</exception>
    public static KeyAlgorithm Read(CKK keyType, ReadOnlySpan<byte> parameters)
    {
        (string? oid, string? name) = Parse(parameters);
        return KeyAlgorithm.All.FirstOrDefault(row => row.KeyType == keyType
                && (string.Equals(row.CurveOid, oid, StringComparison.Ordinal) || string.Equals(row.CurveName, name, StringComparison.Ordinal)))
            ?? throw new FaultException(CKR.CKR_CURVE_NOT_SUPPORTED, "key.curve", $"There are no {keyType} keys on that curve here (CKA_EC_PARAMS).");
    }

    private static (string? Oid, string? Name) Parse(ReadOnlySpan<byte> parameters)
    {
        try
        {
            return Asn1Tag.TryDecode(parameters, out Asn1Tag tag, out _) && tag.HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.PrintableString))
                ? (null, AsnDecoder.ReadCharacterString(parameters, AsnEncodingRules.DER, UniversalTagNumber.PrintableString, out _))
                : (AsnDecoder.ReadObjectIdentifier(parameters, AsnEncodingRules.DER, out _), null);
        }
        catch (AsnContentException)
        {
            throw new FaultException(CKR.CKR_DOMAIN_PARAMS_INVALID, "key.parameters", "CKA_EC_PARAMS names no curve: an OBJECT IDENTIFIER or a PrintableString is wanted.");
        }
    }
}
