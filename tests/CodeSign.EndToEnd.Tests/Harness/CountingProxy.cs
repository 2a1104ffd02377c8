using System.Net;
using System.Net.Sockets;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>
/// Stands between clients and the appliance and counts how often the direction of the bytes changes: each time a client speaks after
/// the server did, it pays a round trip. It can also swallow one answer and hang up.
/// </summary>
internal sealed class CountingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _stop = new();
    private int _turns;
    private int _swallow;

    public CountingProxy(string server)
    {
        _server = IPEndPoint.Parse(server);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Times a client began to speak, since the connection was made or the server had spoken.</summary>
    public int Turns => Volatile.Read(ref _turns);

    /// <summary>The next bytes from the server are dropped, with the connection.</summary>
    public void SwallowNextAnswer() => Volatile.Write(ref _swallow, 1);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using TcpClient near = client;
        using TcpClient far = new();
        near.NoDelay = far.NoDelay = true;
        try
        {
            await far.ConnectAsync(_server, _stop.Token);
            Line line = new();
            await Task.WhenAny(
                CopyAsync(near.GetStream(), far.GetStream(), () => CountTurn(line, fromClient: true)),
                CopyAsync(far.GetStream(), near.GetStream(), () => CountTurn(line, fromClient: false)));
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException)
        {
            // The server is down: so is this connection.
        }
    }

    private async Task CopyAsync(NetworkStream source, NetworkStream target, Func<bool> passes)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await source.ReadAsync(buffer, _stop.Token) is int count and > 0 && passes())
            {
                await target.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; the other follows.
        }
    }

    private bool CountTurn(Line line, bool fromClient)
    {
        lock (line)
        {
            if (fromClient && !line.ClientSpokeLast)
            {
                Interlocked.Increment(ref _turns);
            }
            line.ClientSpokeLast = fromClient;
        }
        return fromClient || Interlocked.Exchange(ref _swallow, 0) == 0;
    }

    private sealed class Line
    {
        public bool ClientSpokeLast { get; set; }
    }
}
