namespace CodeSign.Wire.Framing;

/// <summary>
/// Protobuf wire format (varints, length-delimited fields) of the outermost message of a frame, by hand: its secrets are never
/// turned into immutable heap objects, and every length is checked against what is there. frame.proto documents the bytes.
/// Stricter than protobuf in one thing: a field that stands once may come once. "The last one wins" would let two readers of the
/// same bytes see two bodies.
/// </summary>
internal ref struct EnvelopeReader(ReadOnlySpan<byte> frame)
{
    private const int WireVarint = 0;
    private const int WireFixed64 = 1;
    private const int WireLengthDelimited = 2;
    private const int WireFixed32 = 5;

    private readonly ReadOnlySpan<byte> _frame = frame;
    private int _at;
    private uint _seen;

    public int FieldNumber { get; private set; }

    public int WireType { get; private set; }

    /// <summary>Takes one more secret of a frame, within the limits of number and length.</summary>
    public static void AddSecret(List<ReadOnlyMemory<byte>> secrets, ReadOnlyMemory<byte> secret)
    {
        if (secrets.Count == ProtocolLimits.SecretsMax)
        {
            throw new ProtocolViolationException($"More than {ProtocolLimits.SecretsMax} secrets in one frame.");
        }

        if (secret.Length > ProtocolLimits.SecretBytesMax)
        {
            throw new ProtocolViolationException($"A secret of {secret.Length} bytes: allowed are {ProtocolLimits.SecretBytesMax}.");
        }

        secrets.Add(secret);
    }

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_at == _frame.Length)
        {
            return false;
        }

        ulong tag = ReadVarint();
        FieldNumber = tag <= uint.MaxValue ? (int)(tag >> 3) : 0;
        WireType = (int)(tag & 7);
        return FieldNumber > 0 ? true : throw new ProtocolViolationException("A field without a number.");
    }

    /// <summary>Says that the field (of a number up to 31) stands once.</summary>
    public void Once()
    {
        uint bit = 1u << FieldNumber;
        if ((_seen & bit) != 0)
        {
            throw new ProtocolViolationException($"Field {FieldNumber} comes twice.");
        }

        _seen |= bit;
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
