using CodeSign.Wire.Framing;

namespace CodeSign.Wire.Tests;

/// <summary>Golden frames with bytes flipped, cut, doubled and swapped: whatever comes, reading ends in a frame or in a refusal.</summary>
[TestClass]
public sealed class MutationTests
{
    private const int RoundsPerFrame = 100;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(1UL)]
    [DataRow(0xc0de516eUL)]
    public void Reading_mutated_frames_ends_in_a_frame_or_a_refusal(ulong seed)
    {
        Mutator mutator = new(seed);
        int read = 0;
        int refused = 0;
        IEnumerable<byte[]> golden = GoldenExchange.All.SelectMany(exchange => GoldenExchange.Frames(File.ReadAllBytes(exchange.BytesPath)));
        IEnumerable<byte[]> hostile = HostileFrame.All.Select(frame => frame.Bytes[ProtocolLimits.LengthPrefixBytes..]);
        foreach (byte[] content in golden.Concat(hostile).Where(content => content.Length > 0))
        {
            for (int round = 0; round < RoundsPerFrame; round++)
            {
                byte[] mutated = mutator.Mutate(content.Length > 2048 ? content[..2048] : content);
                Count(() => Wires.ReceiveRequest(Wires.Frame(mutated)).Dispose(), ref read, ref refused);
                Count(() => Wires.ReceiveResponse(Wires.Frame(mutated)).Dispose(), ref read, ref refused);
            }
        }

        TestContext.WriteLine($"seed {seed}: {read} read, {refused} refused");
        Assert.IsGreaterThan(1000, read);
        Assert.IsGreaterThan(1000, refused);
    }

    private static void Count(Action reading, ref int read, ref int refused)
    {
        try
        {
            reading();
            read++;
        }
        catch (ProtocolViolationException)
        {
            refused++;
        }
    }

    /// <summary>SplitMix64: the same mutations on every machine for a seed.</summary>
    private sealed class Mutator(ulong seed)
    {
        private ulong _state = seed;

        public byte[] Mutate(byte[] content)
        {
            List<byte> bytes = [.. content];
            for (int i = Below(4); i >= 0; i--)
            {
                int at = Below(bytes.Count);
                switch (Below(6))
                {
                    case 0:
                        bytes[at] ^= (byte)(1 << Below(8));
                        break;
                    case 1:
                        bytes[at] = (byte)Below(256);
                        break;
                    case 2:
                        bytes.Insert(at, (byte)Below(256));
                        break;
                    case 3 when bytes.Count > 1:
                        bytes.RemoveRange(at, Math.Min(1 + Below(8), bytes.Count - at));
                        break;
                    case 4:
                        bytes.InsertRange(at, bytes.GetRange(at, Math.Min(1 + Below(16), bytes.Count - at)));
                        break;
                    default:
                        bytes[at] = 0xff;
                        break;
                }

                if (bytes.Count == 0)
                {
                    bytes.Add(0x08);
                }
            }

            return [.. bytes];
        }

        private int Below(int limit)
        {
            unchecked
            {
                ulong z = _state += 0x9e3779b97f4a7c15;
                z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
                z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
                return (int)((z ^ (z >> 31)) % (ulong)limit);
            }
        }
    }
}
