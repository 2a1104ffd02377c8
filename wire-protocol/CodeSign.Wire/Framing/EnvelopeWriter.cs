using System.Diagnostics;

namespace CodeSign.Wire.Framing;

/// <summary>Writes the outermost message; sizes are computed first, so that a frame is allocated once.</summary>
internal ref struct EnvelopeWriter(Span<byte> frame)
{
    private readonly Span<byte> _frame = frame;
    private int _at;

    public readonly int Written => _at;

    public static int VarintSize(ulong value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
        {
            size++;
        }

        return size;
    }

    /// <summary>Bytes of a number field (field numbers up to 15), 0 for the default value, which isn't written.</summary>
    public static int NumberFieldSize(ulong value) => value == 0 ? 0 : 1 + VarintSize(value);

    /// <summary>Bytes of a byte-string field (field numbers up to 15).</summary>
    public static int BytesFieldSize(int length) => 1 + VarintSize((ulong)length) + length;

    public void Number(int field, ulong value)
    {
        if (value == 0)
        {
            return;
        }

        Tag(field, 0);
        Varint(value);
    }

    public void Bytes(int field, scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(BytesSpace(field, value.Length));
        _at += value.Length;
    }

    /// <summary>Writes tag and length, and gives the space of the value; <see cref="Advance"/> when it is filled.</summary>
    public Span<byte> BytesSpace(int field, int length)
    {
        Tag(field, 2);
        Varint((ulong)length);
        return _frame.Slice(_at, length);
    }

    public void Advance(int count) => _at += count;

    private void Tag(int field, int wireType)
    {
        Debug.Assert(field is > 0 and < 16, "One-byte tags only.");
        _frame[_at++] = (byte)((field << 3) | wireType);
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _frame[_at++] = (byte)((value & 0x7f) | 0x80);
        }

        _frame[_at++] = (byte)value;
    }
}
