using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Transport.Tests;

/// <summary>A client of the transport under test: a socket, and TLS over it when asked for.</summary>
internal sealed class TestPeer : IDisposable
{
    public const string Alpn = "test/1";

    private TestPeer(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public SslStream Tls { get; private set; } = null!;

    public string ServerName { get; private set; } = "";

    /// <summary>A TCP connection that has said nothing.</summary>
    public static async Task<TestPeer> ConnectAsync(IPEndPoint endpoint, CancellationToken cancel, Action<Socket>? prepare = null)
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        prepare?.Invoke(socket);
        await socket.ConnectAsync(endpoint, cancel);
        return new TestPeer(socket);
    }

    /// <summary>A connection past its handshake.</summary>
    public static async Task<TestPeer> HandshakeAsync(
        IPEndPoint endpoint, CancellationToken cancel, X509Certificate2? certificate = null, string? alpn = Alpn,
        SslProtocols protocols = SslProtocols.Tls13, Action<Socket>? prepare = null)
    {
        TestPeer peer = await ConnectAsync(endpoint, cancel, prepare);
        try
        {
            await peer.HandshakeAsync(certificate, alpn, protocols, cancel);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public async Task HandshakeAsync(
        X509Certificate2? certificate, string? alpn, SslProtocols protocols, CancellationToken cancel)
    {
        Tls = new SslStream(new NetworkStream(Socket, ownsSocket: false));
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = alpn is null ? null : [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                ServerName = shown!.Subject;
                return true;
            },
        };
        if (certificate is not null)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        }

        await Tls.AuthenticateAsClientAsync(options, cancel);
    }

    /// <summary>Sends these bytes and reads as many back.</summary>
    public async Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancel)
    {
        Task sending = SendAsync(bytes, cancel);
        byte[] answer = new byte[bytes.Length];
        await Tls.ReadExactlyAsync(answer, cancel);
        await sending;
        return answer;
    }

    public async Task SendAsync(byte[] bytes, CancellationToken cancel)
    {
        await Tls.WriteAsync(bytes, cancel);
        await Tls.FlushAsync(cancel);
    }

    /// <summary>True when the server ends the connection, by whatever means, before it sends anything.</summary>
    public async Task<bool> IsClosedByServerAsync(CancellationToken cancel)
    {
        byte[] one = new byte[1];
        try
        {
            return (Tls is null ? await Socket.ReceiveAsync(one, cancel) : await Tls.ReadAsync(one, cancel)) == 0;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return true;
        }
    }

    /// <summary>Ends the connection with a TCP reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        Tls?.Dispose();
        Socket.Dispose();
    }
}
