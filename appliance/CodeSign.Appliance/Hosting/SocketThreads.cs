namespace CodeSign.Appliance.Hosting;

/// <summary>How .NET's sockets hand over what arrives.</summary>
internal static class SocketThreads
{
    /// <summary>
    /// Has the thread that a socket woke do the work too, on as many threads as there are processors: a signature on a small curve costs
    /// less than waking another thread for it. What takes longer goes to the pool by itself, and nothing here may block. Before the first
    /// socket.
    /// </summary>
    public static void AnswerInline() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}
