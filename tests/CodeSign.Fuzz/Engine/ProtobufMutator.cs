namespace CodeSign.Fuzz.Engine;

/// <summary>Changes one field of a protobuf message, at any depth, and mends the lengths around it.</summary>
internal static class ProtobufMutator
{
    private const int FieldMax = 18;
    private const int DepthMax = 6;

    public static byte[] Mutate(byte[] message, Mutator mutator, int depth = 0)
    {
        List<(ulong Tag, byte[] Value)>? fields = Read(message);
        if (fields is null || depth == DepthMax || mutator.Dice.OneIn(24))
        {
            return mutator.Havoc(message);
        }

        int rounds = mutator.Dice.OneIn(3) ? 2 : 1;
        for (int i = 0; i < rounds; i++)
        {
            Change(fields, mutator, depth);
        }

        return Write(fields);
    }

    /// <summary>The fields, a length-delimited one without its length; null where the bytes are no message.</summary>
    public static List<(ulong Tag, byte[] Value)>? Read(ReadOnlySpan<byte> message)
    {
        List<(ulong Tag, byte[] Value)> fields = [];
        int at = 0;
        while (at < message.Length)
        {
            if (!TryVarint(message, ref at, out ulong tag) || tag >> 3 is 0 or > 1000)
            {
                return null;
            }

            int start = at;
            ulong length = 0;
            switch (tag & 7)
            {
                case 0:
                    if (!TryVarint(message, ref at, out _))
                    {
                        return null;
                    }

                    break;
                case 2 when TryVarint(message, ref at, out length) && length <= (ulong)(message.Length - at):
                    start = at;
                    at += (int)length;
                    break;
                case 1 when message.Length - at >= 8:
                    at += 8;
                    break;
                case 5 when message.Length - at >= 4:
                    at += 4;
                    break;
                default:
                    return null;
            }

            fields.Add((tag, message[start..at].ToArray()));
        }

        return fields;
    }

    public static byte[] Write(IEnumerable<(ulong Tag, byte[] Value)> fields)
    {
        List<byte> message = [];
        foreach ((ulong tag, byte[] value) in fields)
        {
            message.AddRange(Mutator.Varint(tag));
            if ((tag & 7) == 2)
            {
                message.AddRange(Mutator.Varint((ulong)value.Length));
            }

            message.AddRange(value);
        }

        return [.. message];
    }

    private static void Change(List<(ulong Tag, byte[] Value)> fields, Mutator mutator, int depth)
    {
        if (fields.Count == 0 || mutator.Dice.OneIn(8))
        {
            bool isBytes = mutator.Dice.OneIn(2);
            ulong tag = ((ulong)(1 + mutator.Dice.Below(FieldMax)) << 3) | (isBytes ? 2UL : 0);
            fields.Insert(mutator.Dice.Below(fields.Count + 1), (tag, isBytes ? mutator.Word() : mutator.VarintNumber()));
            return;
        }

        int at = mutator.Dice.Below(fields.Count);
        (ulong old, byte[] value) = fields[at];
        switch (mutator.Dice.Below(10))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(at, fields[at]);
                break;
            case 2:
                fields[at] = (old, fields[mutator.Dice.Below(fields.Count)].Value);
                break;
            default:
                fields[at] = (old, (old & 7) switch
                {
                    0 => mutator.VarintNumber(),
                    2 when value.Length > 1 && mutator.Dice.OneIn(2) && Read(value) is not null => Mutate(value, mutator, depth + 1),
                    2 when mutator.Dice.OneIn(3) => mutator.Word(),
                    _ => mutator.Havoc(value),
                });
                break;
        }
    }

    private static bool TryVarint(ReadOnlySpan<byte> message, ref int at, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            value |= unchecked((ulong)(next & 0x7f) << shift);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
