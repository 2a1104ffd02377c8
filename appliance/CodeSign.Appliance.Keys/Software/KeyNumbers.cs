using System.Formats.Asn1;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using static CodeSign.Cryptoki.CKA;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>Private keys as PKCS#11 spells them, number by number, and as PKCS#8 (RFC 5958) has them.</summary>
public static class KeyNumbers
{
    // RFC 8017 appendix A.1.2: version, modulus, exponents, primes, exponents of the primes, coefficient.
    private static readonly CKA[] RsaNumbers =
    [
        CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT,
    ];

    private static readonly Asn1Tag SeedTag = new(TagClass.ContextSpecific, 0);

    // So large that the collector doesn't move it: no copy is left behind. The writer wipes it.
    private const int WriterBytes = 128 * 1024;

    /// <summary>The value of an attribute; empty where it wasn't given.</summary>
    public delegate ReadOnlySpan<byte> Source(CKA type);

    /// <summary>Writes a private key's numbers as PrivateKeyInfo; whether they fit together is still to be checked.</summary>
    /// <exception cref="FaultException">template.incomplete, attribute.value, key.curve.</exception>
    public static SecretBytes ToPkcs8(CKK keyType, Source numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        AsnWriter writer = new(AsnEncodingRules.DER, WriterBytes);
        try
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                switch (keyType)
                {
                    case CKK.CKK_RSA:
                        WriteRsa(writer, numbers);
                        break;
                    case CKK.CKK_EC:
                        WriteCurve(writer, numbers);
                        break;
                    case CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA:
                        WritePostQuantum(writer, keyType, numbers);
                        break;
                    default:
                        WriteBytes(writer, keyType, numbers);
                        break;
                }
            }

            SecretBytes pkcs8 = new(writer.GetEncodedLength());
            writer.Encode(pkcs8.Span);
            return pkcs8;
        }
        catch (Exception malformed) when (malformed is AsnContentException or ArgumentException)
        {
            throw new FaultException(CKR.CKR_ATTRIBUTE_VALUE_INVALID, "attribute.value", "The key's numbers or its curve can't be read.");
        }
        finally
        {
            writer.Reset();
        }
    }

    /// <summary>One secret number out of a PrivateKeyInfo that was made here; empty where keys of the type have none such.</summary>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> pkcs8, CKK keyType, CKA type)
    {
        ReadOnlySpan<byte> info = Content(pkcs8, Asn1Tag.Sequence, out _);
        info = info[Skip(info)..];
        info = info[Skip(info)..];
        ReadOnlySpan<byte> key = Content(info, Asn1Tag.PrimitiveOctetString, out _);
        if (keyType == CKK.CKK_RSA)
        {
            int index = Array.IndexOf(RsaNumbers, type);
            ReadOnlySpan<byte> numbers = Content(key, Asn1Tag.Sequence, out _);
            for (int i = 0; i <= index; i++)
            {
                numbers = numbers[Skip(numbers)..];
            }

            return index < 0 ? default : Content(numbers, Asn1Tag.Integer, out _).TrimStart((byte)0);
        }

        if (type is not (CKA_VALUE or CKA_SEED))
        {
            return default;
        }

        if (keyType is CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA)
        {
            return ReadPostQuantum(key, keyType, type);
        }

        if (type == CKA_SEED)
        {
            return default;
        }

        if (keyType == CKK.CKK_EC)
        {
            ReadOnlySpan<byte> curve = Content(key, Asn1Tag.Sequence, out _);
            key = curve[Skip(curve)..];
        }

        return Content(key, Asn1Tag.PrimitiveOctetString, out _);
    }

    private static void WriteRsa(AsnWriter writer, Source numbers)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.1.1");
            writer.WriteNull();
        }

        using (writer.PushOctetString())
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            foreach (CKA type in RsaNumbers)
            {
                writer.WriteIntegerUnsigned(Given(numbers, type).TrimStart((byte)0));
            }
        }
    }

    private static void WriteCurve(AsnWriter writer, Source numbers)
    {
        KeyAlgorithm curve = CurveParameters.Read(CKK.CKK_EC, Given(numbers, CKA_EC_PARAMS));
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.10045.2.1");
            writer.WriteObjectIdentifier(curve.CurveOid!);
        }

        // RFC 5915: the number is as long as the curve's order.
        int bytes = (curve.Bits + 7) / 8;
        ReadOnlySpan<byte> value = Given(numbers, CKA_VALUE).TrimStart((byte)0);
        if (value.Length > bytes)
        {
            throw new ArgumentException("The private value is longer than the curve's order.", nameof(numbers));
        }

        using SecretBytes padded = new(bytes);
        value.CopyTo(padded.Span[(bytes - value.Length)..]);
        using (writer.PushOctetString())
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteOctetString(padded.Span);
        }
    }

    // RFC 8410: Edwards and Montgomery keys.
    private static void WriteBytes(AsnWriter writer, CKK keyType, Source numbers)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(CurveParameters.Read(keyType, Given(numbers, CKA_EC_PARAMS)).CurveOid!);
        }

        using (writer.PushOctetString())
        {
            writer.WriteOctetString(Given(numbers, CKA_VALUE));
        }
    }

    // RFC 9881 section 6 (seed, expanded key, or both) and RFC 9909 section 6 (the key as it is).
    private static void WritePostQuantum(AsnWriter writer, CKK keyType, Source numbers)
    {
        ParameterSet parameters = ParameterSet.Read(keyType, Given(numbers, CKA_PARAMETER_SET)).Parameters!;
        ReadOnlySpan<byte> seed = keyType == CKK.CKK_ML_DSA ? numbers(CKA_SEED) : default;
        ReadOnlySpan<byte> value = seed.IsEmpty ? Given(numbers, CKA_VALUE) : numbers(CKA_VALUE);
        if ((!seed.IsEmpty && seed.Length != ParameterSet.SeedBytes) || (!value.IsEmpty && value.Length != parameters.PrivateKeyBytes))
        {
            throw new ArgumentException("The private key is not as long as its parameter set wants it.", nameof(numbers));
        }

        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(parameters.Oid);
        }

        if (keyType == CKK.CKK_SLH_DSA)
        {
            writer.WriteOctetString(value);
            return;
        }

        using (writer.PushOctetString())
        {
            if (value.IsEmpty)
            {
                writer.WriteOctetString(seed, SeedTag);
            }
            else if (seed.IsEmpty)
            {
                writer.WriteOctetString(value);
            }
            else
            {
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(seed);
                    writer.WriteOctetString(value);
                }
            }
        }
    }

    private static ReadOnlySpan<byte> ReadPostQuantum(ReadOnlySpan<byte> key, CKK keyType, CKA type)
    {
        if (keyType == CKK.CKK_SLH_DSA)
        {
            return type == CKA_VALUE ? key : default;
        }

        Asn1Tag form = AsnDecoder.ReadEncodedValue(key, AsnEncodingRules.DER, out int offset, out int length, out _);
        ReadOnlySpan<byte> content = key.Slice(offset, length);
        if (form.HasSameClassAndValue(Asn1Tag.Sequence))
        {
            return Content(type == CKA_SEED ? content : content[Skip(content)..], Asn1Tag.PrimitiveOctetString, out _);
        }

        return form.HasSameClassAndValue(SeedTag) == (type == CKA_SEED) ? content : default;
    }

    private static ReadOnlySpan<byte> Given(Source numbers, CKA type)
    {
        ReadOnlySpan<byte> value = numbers(type);
        return value.IsEmpty
            ? throw new FaultException(CKR.CKR_TEMPLATE_INCOMPLETE, "template.incomplete", $"The key can't be brought in without {type}.")
            : value;
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> der, Asn1Tag expected, out int consumed)
    {
        Asn1Tag tag = AsnDecoder.ReadEncodedValue(der, AsnEncodingRules.DER, out int offset, out int length, out consumed);
        return tag.HasSameClassAndValue(expected) ? der.Slice(offset, length) : throw new AsnContentException();
    }

    private static int Skip(ReadOnlySpan<byte> der)
    {
        AsnDecoder.ReadEncodedValue(der, AsnEncodingRules.DER, out _, out _, out int consumed);
        return consumed;
    }
}
