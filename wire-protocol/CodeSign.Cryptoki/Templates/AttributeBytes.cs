using System.Buffers.Binary;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// One attribute in a row of them, where they travel or are kept as bytes: secret values beside a template, and templates in templates.
/// (type: 8 bytes, length: 4 bytes, value), numbers big-endian. Copies nothing: secrets stay where they are wiped.
/// </summary>
public static class AttributeBytes
{
    /// <summary>Bytes before a value.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Writes one attribute. What is left of the room for them.</summary>
    public static Span<byte> Write(Span<byte> room, CKA type, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(room, (ulong)type);
        BinaryPrimitives.WriteUInt32BigEndian(room[sizeof(ulong)..], (uint)value.Length);
        value.CopyTo(room[HeaderBytes..]);
        return room[(HeaderBytes + value.Length)..];
    }

    /// <summary>Reads the first attribute: its value stands behind the header. False where the bytes end before it does.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CKA type, out int valueBytes)
    {
        (type, valueBytes) = (default, 0);
        if (bytes.Length < HeaderBytes)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[sizeof(ulong)..]);
        if (length > (uint)(bytes.Length - HeaderBytes))
        {
            return false;
        }

        (type, valueBytes) = ((CKA)BinaryPrimitives.ReadUInt64BigEndian(bytes), (int)length);
        return true;
    }
}
