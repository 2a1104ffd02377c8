using System.Formats.Asn1;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Keys;

/// <summary>Public keys as PKCS#11 spells them, number by number, and as certificates have them.</summary>
public static class PublicKeyNumbers
{
    /// <summary>SubjectPublicKeyInfo (RFC 5280) of a public key's attributes; null where it has no
    /// numbers, a curve or parameter set that isn't ours, or a point that is none of its curve's.</summary>
    public static byte[]? ToPublicKeyInfo(AttributeSet key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ReadOnlySpan<byte> Value(CKA type) => (key.Find(type) ?? default).Span;
        if (key.KeyType == CKK.CKK_RSA)
        {
            bool isThere = Value(CKA_MODULUS).ContainsAnyExcept((byte)0) && Value(CKA_PUBLIC_EXPONENT).ContainsAnyExcept((byte)0);
            return isThere ? PublicKeyFacts.RsaPublicKeyInfo(Value(CKA_MODULUS), Value(CKA_PUBLIC_EXPONENT)) : null;
        }

        KeyAlgorithm algorithm;
        try
        {
            algorithm = key.KeyType is CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA
                ? ParameterSet.Read(key.KeyType, Value(CKA_PARAMETER_SET))
                : CurveParameters.Read(key.KeyType, Value(CKA_EC_PARAMS));
        }
        catch (FaultException)
        {
            return null;
        }

        if (algorithm.Parameters is { } parameters)
        {
            ReadOnlySpan<byte> value = Value(CKA_VALUE);
            return value.Length == parameters.PublicKeyBytes ? PublicKeyFacts.ParameterSetPublicKeyInfo(parameters, value) : null;
        }

        ReadOnlySpan<byte> point = PointIn(Value(CKA_EC_POINT));
        return point.Length == algorithm.PointBytes ? PublicKeyFacts.CurvePublicKeyInfo(algorithm, point) : null;
    }

    // A DER OCTET STRING around the point, or the bare point, as some write it.
    private static ReadOnlySpan<byte> PointIn(ReadOnlySpan<byte> value)
    {
        try
        {
            byte[] point = AsnDecoder.ReadOctetString(value, AsnEncodingRules.DER, out int read);
            return read == value.Length ? point : value;
        }
        catch (AsnContentException)
        {
            return value;
        }
    }
}
