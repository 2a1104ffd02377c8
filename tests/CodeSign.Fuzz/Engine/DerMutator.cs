namespace CodeSign.Fuzz.Engine;

/// <summary>Changes one part of a DER structure and mends the lengths around it, so that the change is read, and not refused for a length.</summary>
internal static class DerMutator
{
    private const int DepthMax = 24;

    public static byte[] Mutate(byte[] input, Mutator mutator)
    {
        // Bytes without a frame half of the time: lengths are to be wrong, too.
        return mutator.Dice.OneIn(2) ? mutator.Havoc(input) : Rewrite(input, mutator, 0);
    }

    private static byte[] Rewrite(ReadOnlySpan<byte> bytes, Mutator mutator, int depth)
    {
        List<(int Start, int Content, int End)> parts = Parts(bytes);
        if (parts.Count == 0 || depth == DepthMax)
        {
            return mutator.Havoc(bytes.ToArray());
        }

        (int start, int content, int end) = mutator.Dice.Pick(parts);
        byte[] before = bytes[..start].ToArray();
        byte[] part = bytes[start..end].ToArray();
        byte[] after = bytes[end..].ToArray();
        switch (mutator.Dice.Below(12))
        {
            case 0:
                return [.. before, .. after];
            case 1:
                return [.. before, .. part, .. part, .. after];
            case 2:
                (int otherStart, _, int otherEnd) = mutator.Dice.Pick(parts);
                return [.. before, .. bytes[otherStart..otherEnd], .. after];
            case 3:
                return [.. before, .. mutator.Dice.Pick(WordList.Der), .. after];
            case 4:
                part[0] = mutator.Dice.Pick(WordList.Der)[0];
                return [.. before, .. part, .. after];
            case 5:
                return [.. before, .. mutator.Havoc(part), .. after];
            default:
                byte[] changed = Rewrite(bytes[content..end], mutator, depth + 1);
                return [.. before, part[0], .. Length(changed.Length), .. changed, .. after];
        }
    }

    // Also what is wrapped in an OCTET or BIT STRING is taken for parts, where it reads as such to the end.
    private static List<(int Start, int Content, int End)> Parts(ReadOnlySpan<byte> bytes)
    {
        List<(int Start, int Content, int End)> parts = [];
        int at = 0;
        while (at + 2 <= bytes.Length)
        {
            int content = at + 2;
            int length = bytes[at + 1];
            if (length > 0x80)
            {
                int octets = length & 0x7f;
                if (octets > 3 || content + octets > bytes.Length)
                {
                    return [];
                }

                length = 0;
                for (int i = 0; i < octets; i++)
                {
                    length = (length << 8) | bytes[content++];
                }
            }

            if (length > bytes.Length - content)
            {
                return [];
            }

            parts.Add((at, content, content + length));
            at = content + length;
        }

        return at == bytes.Length ? parts : [];
    }

    private static byte[] Length(int length) => length switch
    {
        < 0x80 => [(byte)length],
        < 0x100 => [0x81, (byte)length],
        < 0x10000 => [0x82, (byte)(length >> 8), (byte)(length & 0xff)],
        _ => [0x83, (byte)(length >> 16), (byte)((length >> 8) & 0xff), (byte)(length & 0xff)],
    };
}
