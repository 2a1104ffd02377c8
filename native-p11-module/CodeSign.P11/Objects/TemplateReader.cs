using CodeSign.Cryptoki;
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

    public static CKR Read(NativeAttribute* template, ulong count, out List<Wire.V1.Attribute> attributes)
    {
        attributes = [];
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
            if (!IsWellFormed(kind, value))
            {
                return Boundary.Refuse(CKR.CKR_ATTRIBUTE_VALUE_INVALID, $"A value of {value.Length} bytes is none of {native.Type}.");
            }

            attributes.Add(new Wire.V1.Attribute { Type = (ulong)native.Type, Value = ToWire(native.Type, kind, value) });
        }

        return CKR.CKR_OK;
    }

    private static bool IsWellFormed(AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Bool => value.Length == 1,
        AttributeKind.Ulong => value.Length == sizeof(ulong),
        AttributeKind.UlongArray => value.Length % sizeof(ulong) == 0,
        AttributeKind.Template => false,   // pointers inside; no object of ours has one
        AttributeKind.Bytes or AttributeKind.Text or AttributeKind.Date or AttributeKind.BigInteger => true,
    };

    private static ByteString ToWire(CKA type, AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Ulong or AttributeKind.UlongArray => UnsafeByteOperations.UnsafeWrap(WireNumber.ToWire(value)),
        _ => ByteString.CopyFrom(type == CKA.CKA_EC_POINT ? EdwardsPoint.ToDer(value) : value),
    };
}
