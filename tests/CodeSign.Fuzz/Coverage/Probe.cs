using System.Runtime.InteropServices;

namespace CodeSign.Fuzz.Coverage;

/// <summary>What instrumented code calls: at the start of every branch, and of every statement.</summary>
public static unsafe class Probe
{
    /// <summary>Statements of all instrumented code.</summary>
    public const int StatementsMax = 1 << 17;

    /// <summary>Counters of edges; a power of two.</summary>
    public const int EdgesMax = 1 << 16;

    private static readonly byte* Statements = (byte*)NativeMemory.AllocZeroed(StatementsMax);
    private static readonly byte* Edges = (byte*)NativeMemory.AllocZeroed(EdgesMax);

    [ThreadStatic]
    private static int _previous;

    /// <summary>Statements reached since the process began.</summary>
    public static ReadOnlySpan<byte> ReachedStatements => new(Statements, StatementsMax);

    /// <summary>How often each edge was passed since <see cref="Begin"/>.</summary>
    public static ReadOnlySpan<byte> PassedEdges => new(Edges, EdgesMax);

    /// <summary>
    /// False where a target's work goes from thread to thread: what a thread did before is chance then, so a branch counts by itself.
    /// </summary>
    public static bool CountsPairs { get; set; } = true;

    public static void Begin()
    {
        new Span<byte>(Edges, EdgesMax).Clear();
        _previous = 0;
    }

    public static void Statement(int statement) => Statements[statement] = 1;

    public static void Branch(int branch)
    {
        unchecked
        {
            int edge = (branch + (CountsPairs ? _previous * 0x9E37 : 0)) & (EdgesMax - 1);
            byte count = Edges[edge];
            Edges[edge] = count == byte.MaxValue ? count : (byte)(count + 1);
            _previous = branch;
        }
    }
}
