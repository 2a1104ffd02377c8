using System.Runtime.InteropServices;
using CodeSign.Fuzz.Coverage;

namespace CodeSign.Fuzz.Engine;

/// <summary>Which edges were ever passed, and about how often in one input.</summary>
/// <param name="countsRounds">False: only whether they were.</param>
internal sealed class Features(bool countsRounds = true)
{
    private readonly byte[] _seen = new byte[Probe.EdgesMax];

    /// <summary>Edges passed by any input.</summary>
    public int Edges { get; private set; }

    /// <summary>Takes what the last input passed; true where it was new.</summary>
    public bool Take()
    {
        bool isNew = false;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(Probe.PassedEdges);
        for (int word = 0; word < words.Length; word++)
        {
            if (words[word] != 0)
            {
                isNew |= Take(word * sizeof(ulong));
            }
        }

        return isNew;
    }

    private bool Take(int start)
    {
        bool isNew = false;
        for (int i = start; i < start + sizeof(ulong); i++)
        {
            byte count = Probe.PassedEdges[i];
            byte bucket = countsRounds || count == 0 ? Bucket(count) : (byte)1;
            if ((bucket & ~_seen[i]) != 0)
            {
                Edges += _seen[i] == 0 ? 1 : 0;
                _seen[i] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }

    // One bit for 1, 2, 3, 4.., 8.., 16.., 32.., 128..: twice as many rounds of a loop are news, one more isn't.
    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
