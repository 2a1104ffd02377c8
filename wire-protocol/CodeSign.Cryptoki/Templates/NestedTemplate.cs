namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// The value of an attribute that is itself a template (CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE), as it travels and is
/// kept (<see cref="AttributeBytes"/>). No template stands in a template.
/// </summary>
public static class NestedTemplate
{
    /// <summary>Attributes in one.</summary>
    public const int AttributesMax = 32;

    /// <summary>Bytes of one as it travels.</summary>
    public const int BytesMax = 4096;

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
            if (attributes.Count == AttributesMax
                || !AttributeBytes.TryRead(bytes.Span, out CKA type, out int length)
                || attributes.Exists(known => known.Type == type))
            {
                return null;
            }

            bytes = bytes[AttributeBytes.HeaderBytes..];
            attributes.Add(new ObjectAttribute(type, bytes[..length]));
            bytes = bytes[length..];
        }

        return attributes;
    }

    public static byte[] Write(IReadOnlyList<ObjectAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        byte[] bytes = new byte[attributes.Sum(attribute => AttributeBytes.HeaderBytes + attribute.Value.Length)];
        Span<byte> room = bytes;
        foreach (ObjectAttribute attribute in attributes)
        {
            room = AttributeBytes.Write(room, attribute.Type, attribute.Value.Span);
        }

        return bytes;
    }
}
