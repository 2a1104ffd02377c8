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
