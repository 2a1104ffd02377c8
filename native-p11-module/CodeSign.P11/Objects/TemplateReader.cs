using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.Wire;
using Google.Protobuf;

namespace CodeSign.P11.Objects;

/// <summary>Reads a template of the host; every length is bounded before its memory is touched.</summary>
internal static unsafe class TemplateReader
{
    /// <summary>Bytes of one value: nothing longer is searched for.</summary>
    public const int ValueBytesMax = 64 * 1024;

    /// <summary>Bytes of all values of a template together.</summary>
    public const int TemplateBytesMax = 256 * 1024;

    /// <summary>Reads a template for a search.</summary>
    public static CKR Read(NativeAttribute* template, ulong count, out List<Wire.V1.Attribute> attributes)
    {
        attributes = [];
        CKR rv = Check(template, count);
        for (ulong i = 0; i < count && rv == CKR.CKR_OK; i++)
        {
            attributes.Add(ToWire(template[i]));
        }

        return rv;
    }

    /// <summary>Whether a template can be read at all: its memory is there, and nothing is longer than it may be.</summary>
    public static CKR Check(NativeAttribute* template, ulong count)
    {
        if ((template is null && count > 0) || count > ProtocolLimits.TemplateAttributesMax)
        {
            return Boundary.Refuse(
                CKR.CKR_ARGUMENTS_BAD, $"A template needs its memory and has at most {ProtocolLimits.TemplateAttributesMax} attributes.");
        }

        int total = 0;
        for (ulong i = 0; i < count; i++)
        {
            NativeAttribute native = template[i];
            if (native.ValueBytes > ValueBytesMax || !Buffers.TryRead(native.Value, native.ValueBytes, out ReadOnlySpan<byte> value))
            {
                return Boundary.Refuse(
                    CKR.CKR_ATTRIBUTE_VALUE_INVALID, $"The value of {native.Type} has no memory, or more than {ValueBytesMax} bytes.");
            }

            total += value.Length;
            if (total > TemplateBytesMax)
            {
                return Boundary.Refuse(CKR.CKR_ATTRIBUTE_VALUE_INVALID, $"A template has at most {TemplateBytesMax} bytes of values.");
            }

            AttributeKind kind = AttributeRow.Find(native.Type)?.Kind ?? AttributeKind.Bytes;
            if (kind == AttributeKind.Template ? !IsNested(value) : !IsWellFormed(kind, value))
            {
                return Boundary.Refuse(CKR.CKR_ATTRIBUTE_VALUE_INVALID, $"A value of {value.Length} bytes is none of {native.Type}.");
            }
        }

        return CKR.CKR_OK;
    }

    /// <summary>One attribute that was checked, as it travels.</summary>
    public static Wire.V1.Attribute ToWire(in NativeAttribute native)
    {
        AttributeKind kind = AttributeRow.Find(native.Type)?.Kind ?? AttributeKind.Bytes;
        ReadOnlySpan<byte> value = new(native.Value, (int)native.ValueBytes);
        return new Wire.V1.Attribute { Type = (ulong)native.Type, Value = ToWire(native.Type, kind, value) };
    }

    private static bool IsWellFormed(AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Bool => value.Length == 1,
        AttributeKind.Ulong => value.Length == sizeof(ulong),
        AttributeKind.UlongArray => value.Length % sizeof(ulong) == 0,
        AttributeKind.Template => false,   // pointers inside: IsNested
        AttributeKind.Bytes or AttributeKind.Text or AttributeKind.Date or AttributeKind.BigInteger => true,
    };

    // An array of CK_ATTRIBUTE, one level deep: no template stands in a template.
    private static bool IsNested(ReadOnlySpan<byte> value)
    {
        if (value.Length % sizeof(NativeAttribute) > 0 || value.Length / sizeof(NativeAttribute) > NestedTemplate.AttributesMax)
        {
            return false;
        }

        int total = 0;
        fixed (byte* start = value)
        {
            NativeAttribute* nested = (NativeAttribute*)start;
            for (int i = 0; i < value.Length / sizeof(NativeAttribute); i++)
            {
                if (nested[i].ValueBytes > NestedTemplate.BytesMax
                    || !Buffers.TryRead(nested[i].Value, nested[i].ValueBytes, out ReadOnlySpan<byte> inner)
                    || !IsWellFormed(AttributeRow.Find(nested[i].Type)?.Kind ?? AttributeKind.Bytes, inner))
                {
                    return false;
                }

                total += inner.Length;
            }
        }

        return total <= NestedTemplate.BytesMax;
    }

    private static ByteString NestedToWire(ReadOnlySpan<byte> value)
    {
        List<ObjectAttribute> attributes = [];
        fixed (byte* start = value)
        {
            NativeAttribute* nested = (NativeAttribute*)start;
            for (int i = 0; i < value.Length / sizeof(NativeAttribute); i++)
            {
                attributes.Add(new ObjectAttribute(nested[i].Type, ToWire(nested[i]).Value.Memory));
            }
        }

        return UnsafeByteOperations.UnsafeWrap(NestedTemplate.Write(attributes));
    }

    private static ByteString ToWire(CKA type, AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Template => NestedToWire(value),
        AttributeKind.Ulong or AttributeKind.UlongArray => UnsafeByteOperations.UnsafeWrap(WireNumber.ToWire(value)),
        _ => ByteString.CopyFrom(type == CKA.CKA_EC_POINT ? EdwardsPoint.ToDer(value) : value),
    };
}
