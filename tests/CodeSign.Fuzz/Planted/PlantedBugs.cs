using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Planted;

/// <summary>Bugs made on purpose, each behind a header that chance alone doesn't find. The driver must find them.</summary>
internal static unsafe class PlantedBugs
{
    private const int HeaderBytes = 4;

    /// <summary>Reads one byte beyond the last of a counted list: its bound forgets the count itself.</summary>
    public static int ReadBeyond(ReadOnlySpan<byte> input)
    {
        if (!HasHeader(input, (byte)'L') || input.Length <= HeaderBytes)
        {
            return 0;
        }

        int count = input[HeaderBytes];
        if (count > input.Length - HeaderBytes)
        {
            return 0;
        }

        using GuardedMemory memory = new(input[(HeaderBytes + 1)..]);
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += memory.Start[i];
        }

        return sum;
    }

    /// <summary>A length of zero never moves on.</summary>
    public static int Loop(ReadOnlySpan<byte> input)
    {
        int steps = 0;
        if (HasHeader(input, (byte)'H'))
        {
            for (int at = HeaderBytes; at < input.Length; steps++)
            {
                at += input[at];
            }
        }

        return steps;
    }

    /// <summary>Allocates what a length says, before it looks whether so much is there.</summary>
    public static int Grow(ReadOnlySpan<byte> input) =>
        HasHeader(input, (byte)'G') && input.Length > HeaderBytes ? new byte[input[HeaderBytes] << 20].Length : 0;

    /// <summary>Calls itself once per nesting, however deep.</summary>
    public static int Nest(ReadOnlySpan<byte> input) => HasHeader(input, (byte)'N') ? Deeper(input[HeaderBytes..]) : 0;

    private static int Deeper(ReadOnlySpan<byte> input) => input.IsEmpty ? 0 : 1 + (input[0] == 0 ? Deeper(input) : 0);

    // One byte after the other, as parsers of magic numbers do.
    private static bool HasHeader(ReadOnlySpan<byte> input, byte kind)
    {
        if (input.Length < HeaderBytes || input[0] != 0xC0)
        {
            return false;
        }

        if (input[1] != 0x51)
        {
            return false;
        }

        if (input[2] != 0x67)
        {
            return false;
        }

        return input[3] == kind;
    }
}
