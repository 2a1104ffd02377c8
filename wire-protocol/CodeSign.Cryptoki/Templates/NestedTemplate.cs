using System.Buffers.Binary;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// The value of an attribute that is itself a template (CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE), as it travels and is
/// kept: (type: 8 bytes, length: 4 bytes, value), numbers big-endian. No template stands in a template.
/// </summary>
public static class NestedTemplate
{
    /// <summary>Attributes in one.</summary>
    public const int AttributesMax = 32;

    /// <summary>Bytes of one as it travels.</summary>
    public const int BytesMax = 4096;

    private const int HeaderBytes = 12;

    /// <summary>Its attributes; null where the bytes are no template, or a longer one than there may be.</summary>
    public static IReadOnlyList<ObjectAttribute>? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > BytesMax)
        {
            return null;
        }

        List<ObjectAttribute> attributes = [];
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < HeaderBytes || attributes.Count == AttributesMax)
            {
                return null;
            }

            CKA type = (CKA)BinaryPrimitives.ReadUInt64BigEndian(bytes.Span);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[sizeof(ulong)..]);
            bytes = bytes[HeaderBytes..];
            if (length > (uint)bytes.Length || attributes.Exists(known => known.Type == type))
            {
                return null;
            }

            attributes.Add(new ObjectAttribute(type, bytes[..(int)length]));
            bytes = bytes[(int)length..];
        }

        return attributes;
    }

    public static byte[] Write(IReadOnlyList<ObjectAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        byte[] bytes = new byte[attributes.Sum(attribute => HeaderBytes + attribute.Value.Length)];
        int at = 0;
        foreach (ObjectAttribute attribute in attributes)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), (ulong)attribute.Type);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + sizeof(ulong)), (uint)attribute.Value.Length);
            attribute.Value.CopyTo(bytes.AsMemory(at + HeaderBytes));
            at += HeaderBytes + attribute.Value.Length;
        }

        return bytes;
    }
}
