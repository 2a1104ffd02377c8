using System.Diagnostics;

namespace CodeSign.Wire.Framing;

/// <summary>
/// Protobuf wire format (varints, length-delimited fields) of the outermost message of a frame, by hand: its secrets are never
/// turned into immutable heap objects, and every length is checked against what is there. frame.proto documents the bytes.
/// </summary>
internal ref struct EnvelopeReader(ReadOnlySpan<byte> frame)
{
    private const int WireVarint = 0;
    private const int WireFixed64 = 1;
    private const int WireLengthDelimited = 2;
    private const int WireFixed32 = 5;

    private readonly ReadOnlySpan<byte> _frame = frame;
    private int _at;

    public int FieldNumber { get; private set; }

    public int WireType { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_at == _frame.Length)
        {
            return false;
        }

        ulong tag = ReadVarint();
        FieldNumber = tag <= int.MaxValue ? (int)(tag >> 3) : 0;
        WireType = (int)(tag & 7);
        return FieldNumber > 0 ? true : throw new ProtocolViolationException("A field without a number.");
    }

    public ulong Varint() => WireType == WireVarint
        ? ReadVarint()
        : throw new ProtocolViolationException($"Field {FieldNumber} isn't a number.");

    /// <summary>Where the bytes of a length-delimited field lie in the frame.</summary>
    public Range Bytes()
    {
        if (WireType != WireLengthDelimited)
        {
            throw new ProtocolViolationException($"Field {FieldNumber} isn't a byte string.");
        }

        ulong length = ReadVarint();
        if (length > (ulong)(_frame.Length - _at))
        {
            throw new ProtocolViolationException($"Field {FieldNumber} ends beyond its frame.");
        }

        int start = _at;
        _at += (int)length;
        return start.._at;
    }

    /// <summary>Steps over a field this version doesn't know (the compatibility rule of PROTOCOL.md).</summary>
    public void Skip()
    {
        switch (WireType)
        {
            case WireVarint:
                ReadVarint();
                break;
            case WireLengthDelimited:
                Bytes();
                break;
            case WireFixed64:
                Advance(8);
                break;
            case WireFixed32:
                Advance(4);
                break;
            default:
                throw new ProtocolViolationException($"Wire type {WireType} isn't allowed.");
        }
    }

    private void Advance(int count)
    {
        if (count > _frame.Length - _at)
        {
            throw new ProtocolViolationException($"Field {FieldNumber} ends beyond its frame.");
        }

        _at += count;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_at == _frame.Length)
            {
                throw new ProtocolViolationException("A number ends beyond its frame.");
            }

            byte next = _frame[_at++];
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new ProtocolViolationException("A number of more than 64 bits.");
    }
}

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
            _frame[_at++] = (byte)(value | 0x80);
        }

        _frame[_at++] = (byte)value;
    }
}
