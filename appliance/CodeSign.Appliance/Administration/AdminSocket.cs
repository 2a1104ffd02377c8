using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Hosting;
using CodeSign.Appliance.Listener;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Administration;

/// <summary>
/// The door of whoever sits at the server itself: a Unix socket with mode 0600 that speaks the same frames to the same protocol,
/// without TLS, as the caller <c>local</c>. The operating system says who connects; others than root and the daemon's own user are
/// closed.
/// </summary>
internal sealed partial class AdminSocket(string path, TokenProtocol protocol, ILogger log) : IAsyncDisposable
{
    private const int ConnectionsMax = 16;
    private const int PathBytesMax = 107;  // sun_path of unix(7), without its terminator
    private const int SolSocket = 1;       // <asm-generic/socket.h>
    private const int SoPeerCred = 17;
    private const int UcredBytes = 12;     // struct ucred: pid, uid, gid

    private static readonly TimeSpan AcceptAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _drain = new();
    private readonly SemaphoreSlim _places = new(ConnectionsMax);
    private Task _accepting = Task.CompletedTask;

    /// <summary>Listens. The caller holds the lock on the folder: a socket found there is a dead one's.</summary>
    /// <exception cref="ConfigurationException">The path is too long.</exception>
    public void Start()
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > PathBytesMax)
        {
            throw new ConfigurationException($"{path} is longer than the {PathBytesMax} bytes of a Unix socket: move the data folder.");
        }

        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(ConnectionsMax);
        _accepting = AcceptAsync();
    }

    /// <summary>Takes no new connection and lets those there are finish, for at most <paramref name="grace"/>.</summary>
    [SuppressMessage("Usage", "VSTHRD003", Justification = "The loop was started by Start and captures no context.")]
    public async Task StopAsync(TimeSpan grace)
    {
        await _drain.CancelAsync();
        _listener.Dispose();
        File.Delete(path);
        await _accepting;
        using CancellationTokenSource deadline = new(grace);
        try
        {
            for (int place = 0; place < ConnectionsMax; place++)
            {
                await _places.WaitAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // whoever is left is cut off by the end of the process
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _drain.Dispose();
        _places.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The effective user of the peer when it connected (unix(7), SO_PEERCRED).</summary>
    private static uint UserOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[UcredBytes];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return MemoryMarshal.Read<uint>(credentials[4..]);
    }

    private async Task AcceptAsync()
    {
        while (!_drain.IsCancellationRequested)
        {
            bool placed = false;
            try
            {
                await _places.WaitAsync(_drain.Token);
                placed = true;
                Socket socket = await _listener.AcceptAsync(_drain.Token);
                placed = false;  // its own to give back
                _ = ServeAsync(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // No descriptor left, say: who knocks stays in the queue, and asking again at once would ask for ever.
                LogAccept(e.SocketErrorCode);
                await Task.Delay(AcceptAgainAfter, _drain.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                if (placed)
                {
                    _places.Release();
                }
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The boundary of one connection: its failure ends it alone, and is logged.")]
    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            uint user = UserOf(socket);
            if (user != 0 && user != UnixProcess.EffectiveUser)
            {
                LogStranger(user);
                return;
            }

            await protocol.ServeLocalAsync(LocalPipe.Over(stream), _drain.Token, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogEnded(e);
        }
        finally
        {
            _places.Release();
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "User {User} was refused on the administration socket")]
    private partial void LogStranger(uint user);

    [LoggerMessage(201, LogLevel.Debug, "A connection of the administration socket ended with an error")]
    private partial void LogEnded(Exception e);

    [LoggerMessage(202, LogLevel.Warning, "The administration socket could not accept: {Error}")]
    private partial void LogAccept(SocketError error);
}
