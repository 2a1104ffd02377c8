using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Transport;

/// <summary>
/// The transport over .NET's own sockets and TLS, with nothing between them and the protocol but one pipe. Order on each connection:
/// limits, handshake, ALPN, protocol.
/// </summary>
/// <param name="options">Limits and settings.</param>
/// <param name="handler">The protocol spoken.</param>
/// <param name="time">For the validity of certificates.</param>
/// <param name="log">Where handshakes that failed are told.</param>
public sealed partial class SocketTransport(
    TransportOptions options, ProtocolHandler handler, TimeProvider time, ILogger<SocketTransport> log) : ITransport
{
    /// <summary>Connections the kernel keeps for us until they are accepted.</summary>
    private const int Backlog = 512;

    /// <summary>Pause where a connection can't be accepted, for want of descriptors or memory.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Time a connection that was thrown out has to be gone.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(1);

    private readonly ConnectionLimits _limits = new(options.ConnectionsMax, options.UnauthenticatedMax);
    private readonly ConcurrentDictionary<SocketConnection, Task> _open = new();
    private readonly CancellationTokenSource _drain = new();
    private volatile SslStreamCertificateContext _certificate = options.Certificate;
    private Socket? _listener;
    private volatile bool _stopping;
    private Task _accepting = Task.CompletedTask;

    public IPEndPoint Endpoint { get; private set; } = options.Endpoint;

    public int Connections => _limits.Connections;

    public void UseCertificate(SslStreamCertificateContext certificate) => _certificate = certificate;

    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="SocketException">The address is not this machine's, or this process may not listen there.</exception>
    public Task StartAsync(CancellationToken cancel)
    {
        Socket listener = new(options.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(options.Endpoint);
            listener.Listen(Backlog);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            listener.Dispose();
            throw new IOException($"The address {options.Endpoint} is in use.", e);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        Endpoint = (IPEndPoint)listener.LocalEndPoint!;
        _listener = listener;
        _accepting = AcceptAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(TimeSpan grace)
    {
        _stopping = true;
        _listener?.Dispose();
        await _accepting;
        await _drain.CancelAsync();
        if (!await AllEndAsync(grace))
        {
            foreach (SocketConnection connection in _open.Keys)
            {
                connection.Abort();
            }

            await AllEndAsync(AbortPatience);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _drain.Dispose();
    }

    private async Task<bool> AllEndAsync(TimeSpan patience)
    {
        Task all = Task.WhenAll(_open.Values);
        return await Task.WhenAny(all, Task.Delay(patience)) == all;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Admit(await _listener!.AcceptAsync());
            }
            catch (Exception stopped) when (_stopping && stopped is (ObjectDisposedException or SocketException))
            {
                return;
            }
            catch (SocketException failure)
            {
                LogNotAccepted(log, failure.Message);
                await Task.Delay(AcceptPause);
            }
        }
    }

    /// <summary>Before TLS: a connection over a limit costs an accept and nothing more.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "ServeAsync disposes the connection, and that its place.")]
    private void Admit(Socket socket)
    {
        ConnectionLimits.Place? place = _limits.TryEnter();
        if (place is null)
        {
            socket.Close(0);
            return;
        }

        SocketConnection connection = new(socket, place, options, time);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[connection] = ended.Task;
        _ = Task.Run(() => ServeAsync(connection, ended), CancellationToken.None);
    }

    [SuppressMessage("Design", "CA1031", Justification = "One connection's end, whatever it was, is no business of the others.")]
    private async Task ServeAsync(SocketConnection connection, TaskCompletionSource ended)
    {
        try
        {
            await connection.RunAsync(_certificate, handler, _drain.Token);
        }
        catch (Exception failure)
        {
            LogEnded(log, failure.Message);
        }
        finally
        {
            connection.Dispose();
            _open.TryRemove(connection, out _);
            ended.SetResult();
        }
    }

    [LoggerMessage(EventId = 300, Level = LogLevel.Warning, Message = "A connection could not be accepted: {Reason}")]
    private static partial void LogNotAccepted(ILogger log, string reason);

    [LoggerMessage(EventId = 301, Level = LogLevel.Debug, Message = "A connection ended: {Reason}")]
    private static partial void LogEnded(ILogger log, string reason);
}
