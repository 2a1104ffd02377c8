using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;

namespace CodeSign.Client.Tests;

/// <summary>
/// A real TLS server that speaks codesign/1 frames: the test's own, small, obedient by default; what it does wrong is told by its
/// properties.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Socket> _sockets = [];
    private TcpListener _listener;
    private Task _accepting = Task.CompletedTask;

    public TestServer(X509Certificate2 certificate, X509Certificate2? authority = null)
    {
        Options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                certificate, authority is null ? [] : [authority], offline: true),
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [new SslApplicationProtocol(ProtocolLimits.Alpn)],
            AllowTlsResume = false,
        };
        _listener = new TcpListener(IPAddress.Loopback, 0);
    }

    public SslServerAuthenticationOptions Options { get; }

    /// <summary>Answers a request, or null: with silence. Runs before anything is sent.</summary>
    public Func<RequestFrame, Task<ResponseFrame?>>? Answer { get; set; }

    /// <summary>Puts an answer's bytes on the connection in its own way; false closes the connection.</summary>
    public Func<SslStream, ReadOnlyMemory<byte>, Task<bool>>? Send { get; set; }

    /// <summary>Instead of TLS: what happens on the bare socket.</summary>
    public Func<Socket, Task>? Bare { get; set; }

    public int Port { get; private set; }

    public ConcurrentQueue<OperationCode> Asked { get; } = [];

    public int Connections;

    public TestServer Start()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
        return this;
    }

    /// <summary>Stops listening and resets every connection, as a killed process does.</summary>
    public async Task KillAsync()
    {
        _listener.Stop();
        CloseConnections();
        await _accepting;
    }

    public void CloseConnections()
    {
        while (_sockets.TryTake(out Socket? socket))
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            catch (ObjectDisposedException)
            {
                // That connection had ended by itself.
            }
        }
    }

    /// <summary>Listens again on the same port.</summary>
    public void StartAgain()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public static ResponseFrame Greet(RequestFrame request) => ResponseFrame.Success(
        request.Correlation,
        new HelloResponse { Protocol = 1, ServerVersion = "test", Caller = new Caller { Name = "tester" } });

    public static ResponseFrame Obey(RequestFrame request) => request.Operation switch
    {
        OperationCode.Hello => Greet(request),
        OperationCode.Login => ResponseFrame.Success(request.Correlation, new LoginResponse(), [.. "ticket-"u8, .. request.Secrets[0].Span]),
        OperationCode.Sign => ResponseFrame.Success(
            request.Correlation, new SignResponse { Signature = SignRequest.Parser.ParseFrom(request.Body.Span).Data }),
        _ => ResponseFrame.Success(request.Correlation, new ListTokensResponse { Tokens = { new TokenDescription { Label = "demo" } } }),
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await KillAsync();
        _stop.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref Connections);
                _sockets.Add(socket);
                serving.Add(ServeAsync(socket));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            if (Bare is not null)
            {
                await Bare(socket);
                return;
            }

            await using SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(Options, _stop.Token);
            while (await ReadAsync(tls) is { } request)
            {
                using (request)
                {
                    Asked.Enqueue(request.Operation);
                    ResponseFrame? answer = Answer is null ? Obey(request) : await Answer(request);
                    if (answer is null)
                    {
                        continue;
                    }

                    using (answer)
                    {
                        if (Send is not null && request.Operation != OperationCode.Hello)
                        {
                            if (!await Send(tls, answer.Bytes))
                            {
                                return;
                            }

                            continue;
                        }

                        await tls.WriteAsync(answer.Bytes, _stop.Token);
                    }
                }
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or SocketException or ObjectDisposedException
            or AuthenticationException)
        {
            // The client went away, or was sent away.
        }
    }

    private async Task<RequestFrame?> ReadAsync(SslStream tls)
    {
        byte[] prefix = new byte[ProtocolLimits.LengthPrefixBytes];
        if (await tls.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, _stop.Token) < prefix.Length)
        {
            return null;
        }

        FrameBuffer buffer = FrameBuffer.Rent(BinaryPrimitives.ReadInt32BigEndian(prefix));
        await tls.ReadExactlyAsync(buffer.Memory, _stop.Token);
        return RequestFrame.Parse(buffer);
    }
}
