namespace CodeSign.Client.Sockets;

/// <summary>A moment on the monotonic clock after which nobody waits any longer.</summary>
internal readonly struct Deadline
{
    private readonly long _tick;

    private Deadline(long tick) => _tick = tick;

    /// <summary>Milliseconds left, 0 when it has passed.</summary>
    public int RemainingMs => (int)Math.Clamp(_tick - Environment.TickCount64, 0, int.MaxValue);

    /// <summary>What a step may take that has a limit of its own.</summary>
    public int AtMostMs(int milliseconds) => Math.Min(milliseconds, RemainingMs);

    public static Deadline In(int milliseconds) => new(Environment.TickCount64 + milliseconds);

    /// <summary>This one's share when what is left is split into so many parts.</summary>
    public Deadline Share(int parts) => parts <= 1 ? this : In(RemainingMs / parts);
}
