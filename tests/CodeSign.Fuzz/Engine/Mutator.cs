using System.Buffers.Binary;

namespace CodeSign.Fuzz.Engine;

/// <summary>Makes inputs out of inputs: bits, numbers, lengths, words, splices.</summary>
internal sealed class Mutator(Dice dice, IReadOnlyList<byte[]> words)
{
    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 57, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 512, 1000, 1024, 4095, 4096, 4097,
        32767, 32768, 65535, 65536, 65537, 262144, 1 << 20, int.MaxValue, int.MinValue, uint.MaxValue, (long)uint.MaxValue + 1, long.MaxValue, long.MinValue,
    ];

    public Dice Dice { get; } = dice;

    /// <summary>An input that stands in for another one in a splice.</summary>
    public Func<byte[]> Other { get; set; } = () => [];

    /// <summary>A few random changes of bytes.</summary>
    public byte[] Havoc(byte[] input)
    {
        List<byte> bytes = [.. input];
        // Mostly one: what led somewhere is worth keeping whole.
        int rounds = 1 << Math.Max(0, Dice.Below(6) - 3);
        for (int i = 0; i < rounds; i++)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.AddRange(Word());
            return;
        }

        int at = Dice.Below(bytes.Count);
        switch (Dice.Below(16))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << Dice.Below(8));
                break;
            case 2 or 3 or 4:
                bytes[at] = (byte)Dice.Below(256);
                break;
            case 5:
                bytes[at] = unchecked((byte)(bytes[at] + Dice.Below(17) - 8));
                break;
            case 6:
                Write(bytes, at, Number());
                break;
            case 7 or 8:
                Write(bytes, at, Word());
                break;
            case 9:
                bytes.InsertRange(at, Dice.OneIn(3) ? Number() : Word());
                break;
            case 10:
                bytes.RemoveRange(at, Length(bytes.Count - at));
                break;
            case 11:
                bytes.InsertRange(at, bytes.GetRange(at, Length(bytes.Count - at)));
                break;
            case 12:
                Write(bytes, Dice.Below(bytes.Count), [.. bytes.GetRange(at, Length(bytes.Count - at))]);
                break;
            case 13:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 14:
                Splice(bytes, at);
                break;
            default:
                byte[] fresh = new byte[Length(64)];
                Dice.Fill(fresh);
                bytes.InsertRange(at, fresh);
                break;
        }
    }

    private void Splice(List<byte> bytes, int at)
    {
        byte[] other = Other();
        int from = Dice.Below(other.Length);
        ReadOnlySpan<byte> part = other.AsSpan(from, Length(other.Length - from));
        if (Dice.OneIn(2))
        {
            bytes.RemoveRange(at, bytes.Count - at);
        }

        bytes.InsertRange(Math.Min(at, bytes.Count), part);
    }

    public byte[] Word() => words.Count == 0 ? Number() : Dice.Pick(words);

    private byte[] Number()
    {
        byte[] number = new byte[8];
        long value = unchecked(Dice.Pick(Numbers) + (Dice.OneIn(4) ? Dice.Below(3) - 1 : 0));
        switch (Dice.Below(4))
        {
            case 0:
                return [unchecked((byte)value)];
            case 1:
                BinaryPrimitives.WriteInt64LittleEndian(number, value);
                return number[..(1 << (1 + Dice.Below(3)))];
            case 2:
                BinaryPrimitives.WriteInt64BigEndian(number, value);
                return number[^(1 << (1 + Dice.Below(3)))..];
            default:
                return Varint(unchecked((ulong)value));
        }
    }

    public byte[] VarintNumber() => Varint(Dice.OneIn(2) ? (ulong)Dice.Below(300) : unchecked((ulong)Dice.Pick(Numbers)));

    public static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)((value & 0x7f) | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    private int Length(int available) => Math.Min(available, 1 + Dice.Below(Dice.OneIn(4) ? 256 : 16));

    private static void Write(List<byte> bytes, int at, byte[] value)
    {
        for (int i = 0; i < value.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = value[i];
        }
    }
}
