namespace CodeSign.Client.Sockets;

/// <summary>A socket call that failed, below anything that knows servers or requests.</summary>
internal sealed class SocketFault(SocketFaultKind kind, string detail) : IOException(detail)
{
    public SocketFaultKind Kind { get; } = kind;

    /// <summary>Names an errno, in lower case, to stand in a sentence.</summary>
    public static string Describe(int error) => error switch
    {
        Libc.ConnectionRefused => "connection refused",
        Libc.ConnectionReset => "connection reset by the server",
        Libc.BrokenPipe => "connection closed by the server",
        Libc.TimedOut => "connection timed out",
        Libc.NetworkUnreachable => "network is unreachable",
        Libc.HostUnreachable => "host is unreachable",
        Libc.TooManyFiles => "this process has no file descriptor left",
        Libc.AccessDenied => "this process isn't permitted to connect",
        _ => FormattableString.Invariant($"system error {error}"),
    };
}

/// <summary>What happened to a connection.</summary>
internal enum SocketFaultKind
{
    NameResolution,
    SlowName,
    Unreachable,
    Timeout,
    Broken,
}
