using System.Net.Sockets;

namespace CodeSign.Tests;

/// <summary>A server that a test started; conditions are waited for with a deadline, and fail with all that it said.</summary>
internal sealed class BackgroundTool(ToolProcess process) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public int Id => process.Id;

    public string Said => process.Report().All;

    public void Write(string text) => process.Write(text);

    public BackgroundTool Listens(int port) => WaitUntil($"listen on port {port}", () =>
    {
        using TcpClient client = new();
        try
        {
            client.Connect("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    });

    /// <summary>Waits until a Unix socket is not only there but answered.</summary>
    public BackgroundTool Accepts(string path) => WaitUntil($"accept connections on {path}", () =>
    {
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    });

    public BackgroundTool Says(string text) => WaitUntil($"say '{text}'", () => Said.Contains(text, StringComparison.OrdinalIgnoreCase));

    public BackgroundTool WaitUntil(string what, Func<bool> condition) => WaitUntil(what, Deadline, condition);

    public BackgroundTool WaitUntil(string what, TimeSpan deadline, Func<bool> condition)
    {
        SpinWait.SpinUntil(() => process.HasExited || condition(), deadline);
        if (!condition())
        {
            Assert.Fail($"did not {what} within {deadline.TotalSeconds} s{(process.HasExited ? " but ended" : "")}:\n{process.Report()}");
        }
        return this;
    }

    public void Dispose() => process.Dispose();
}
