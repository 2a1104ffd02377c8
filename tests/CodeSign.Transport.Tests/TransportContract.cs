using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Transport;

namespace CodeSign.Transport.Tests;

/// <summary>
/// What every transport does, whatever library it is made of. A transport's own test class derives from this and from
/// <see cref="TransportLimitsContract"/>, and gives <see cref="TransportTest.Create"/>.
/// </summary>
public abstract class TransportContract : TransportTest
{
    [TestMethod]
    public async Task Hands_over_what_the_protocol_needs()
    {
        await using ITransport transport = await StartAsync(Options());
        using X509Certificate2 certificate = TestCertificates.Client();

        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline, certificate);
        TransportConnection connection = await NextConnectionAsync();

        Assert.AreEqual(((IPEndPoint)peer.Socket.LocalEndPoint!).Port, connection.Remote.Port);
        Assert.AreEqual(certificate.Thumbprint, connection.PeerCertificate!.Thumbprint);
        Assert.AreEqual(PeerVerdict.Valid, connection.PeerVerdict);
        Assert.AreEqual(1, transport.Connections);
    }

    [TestMethod]
    [DataRow(ClientCertificates.Off, PeerVerdict.Missing)]
    [DataRow(ClientCertificates.Accepted, PeerVerdict.Valid)]
    [DataRow(ClientCertificates.Required, PeerVerdict.Valid)]
    public async Task Asks_for_a_certificate_as_configured(ClientCertificates mode, PeerVerdict expected)
    {
        await using ITransport transport = await StartAsync(Options() with { ClientCertificates = mode });
        using X509Certificate2 certificate = TestCertificates.Client();
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline, certificate);

        TransportConnection connection = await NextConnectionAsync();

        Assert.AreEqual(expected, connection.PeerVerdict);
        Assert.AreEqual(mode != ClientCertificates.Off, connection.PeerCertificate is not null);
    }

    [TestMethod]
    [DataRow(ClientCertificates.Off)]
    [DataRow(ClientCertificates.Accepted)]
    [DataRow(ClientCertificates.Required)]
    public async Task Lets_the_protocol_tell_a_peer_that_its_certificate_is_missing(ClientCertificates mode)
    {
        await using ITransport transport = await StartAsync(Options() with { ClientCertificates = mode });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);

        Assert.AreEqual(PeerVerdict.Missing, (await NextConnectionAsync()).PeerVerdict);
        await AssertEchoAsync(peer);
    }

    [TestMethod]
    public async Task Lets_the_protocol_tell_a_peer_that_its_certificate_has_expired()
    {
        using X509Certificate2 expired = TestCertificates.ExpiredClient();
        using X509Certificate2 early = TestCertificates.FutureClient();
        await AssertVerdictAsync(expired, PeerVerdict.Expired);
        await AssertVerdictAsync(early, PeerVerdict.Expired);
    }

    [TestMethod]
    public async Task Lets_the_protocol_tell_a_peer_that_its_certificate_is_unknown()
    {
        using X509Certificate2 stranger = TestCertificates.Client("stranger");
        using X509Certificate2 server = TestCertificates.ServerShownAsClient();
        await AssertVerdictAsync(stranger, PeerVerdict.Unknown);
        await AssertVerdictAsync(server, PeerVerdict.Unknown);
    }

    [TestMethod]
    public async Task Fetches_nothing_that_a_certificate_points_to()
    {
        using TcpListener trap = new(IPAddress.Loopback, 0);
        trap.Start();
        using X509Certificate2 certificate = TestCertificates.ClientWithAia((IPEndPoint)trap.LocalEndpoint);

        await AssertVerdictAsync(certificate, PeerVerdict.Valid);

        Assert.IsFalse(trap.Pending(), "The server went where an unauthenticated peer sent it.");
        using TcpClient probe = new();
        await probe.ConnectAsync((IPEndPoint)trap.LocalEndpoint, Deadline);
        Assert.IsTrue(trap.Pending(), "The trap would have shown a connection.");
    }

    [TestMethod]
    public async Task Closes_a_peer_without_alpn()
    {
        await using ITransport transport = await StartAsync(Options());
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline, alpn: null);

        Assert.IsTrue(await peer.IsClosedByServerAsync(Deadline));
        Assert.IsEmpty(Seen);
    }

    [TestMethod]
    public async Task Refuses_a_peer_with_another_alpn()
    {
        await using ITransport transport = await StartAsync(Options());

        await Assert.ThrowsAsync<Exception>(() => TestPeer.HandshakeAsync(transport.Endpoint, Deadline, alpn: "http/1.1"));
        Assert.IsEmpty(Seen);
    }

    [TestMethod]
    public async Task Refuses_tls_1_2()
    {
        await using ITransport transport = await StartAsync(Options());

        await Assert.ThrowsAsync<Exception>(
            () => TestPeer.HandshakeAsync(transport.Endpoint, Deadline, protocols: SslProtocols.Tls12));
        Assert.IsEmpty(Seen);
    }

    [TestMethod]
    public async Task Reads_data_sent_in_the_same_flight_as_the_handshakes_end()
    {
        await using ITransport transport = await StartAsync(Options());
        using X509Certificate2 certificate = TestCertificates.Client();
        for (int round = 0; round < 20; round++)
        {
            using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline, certificate);
            await AssertEchoAsync(peer);
        }
    }

    [TestMethod]
    public async Task Reads_single_bytes()
    {
        await using ITransport transport = await StartAsync(Options());
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        for (byte value = 0; value < 200; value++)
        {
            await peer.SendAsync([value], Deadline);
        }

        byte[] answer = new byte[200];
        await peer.Tls.ReadExactlyAsync(answer, Deadline);
        Assert.AreEqual(199, answer[199]);
    }

    [TestMethod]
    public async Task Carries_many_megabytes_both_ways()
    {
        await using ITransport transport = await StartAsync(Options());
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        byte[] much = new byte[16 * 1024 * 1024];
        for (int i = 0; i < much.Length; i++)
        {
            much[i] = (byte)(((i * 31L) >> 3) & 0xff);
        }

        byte[] answer = await peer.EchoAsync(much, Deadline);

        Assert.IsTrue(answer.AsSpan().SequenceEqual(much));
    }

    [TestMethod]
    public async Task Answers_a_peer_that_closed_its_sending_side()
    {
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            await ReadToEndAsync(connection.Pipe.Input);
            await connection.Pipe.Output.WriteAsync("late"u8.ToArray(), Deadline);
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await peer.SendAsync([1, 2, 3], Deadline);
        await peer.Tls.ShutdownAsync();
        peer.Socket.Shutdown(SocketShutdown.Send);

        byte[] answer = new byte[4];
        await peer.Tls.ReadExactlyAsync(answer, Deadline);

        Assert.AreEqual("late", System.Text.Encoding.ASCII.GetString(answer));
    }

    [TestMethod]
    public async Task Tells_the_protocol_that_a_peer_reset_its_connection()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            await using CancellationTokenRegistration registration = connection.Closed.Register(closed.SetResult);
            await closed.Task;
        });
        TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await NextConnectionAsync();

        peer.Reset();

        await closed.Task.WaitAsync(Deadline);
        await UntilAsync(() => transport.Connections == 0, "the connection is forgotten");
    }

    [TestMethod]
    public async Task Makes_the_protocol_wait_for_a_slow_reader()
    {
        const int MuchBytes = 64 * 1024 * 1024;
        long written = 0;
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            byte[] chunk = new byte[64 * 1024];
            for (int sent = 0; sent < MuchBytes; sent += chunk.Length)
            {
                await connection.Pipe.Output.WriteAsync(chunk, Deadline);
                Interlocked.Add(ref written, chunk.Length);
            }
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(
            transport.Endpoint, Deadline, prepare: socket => socket.ReceiveBufferSize = 64 * 1024);

        long before;
        do
        {
            before = Interlocked.Read(ref written);
            await Task.Delay(200, Deadline);
        }
        while (before == 0 || before != Interlocked.Read(ref written));
        Assert.IsLessThan(MuchBytes / 2, before, "A peer that doesn't read must not fill the server's memory.");

        byte[] sink = new byte[256 * 1024];
        long received = 0;
        while (received < MuchBytes)
        {
            int read = await peer.Tls.ReadAsync(sink, Deadline);
            Assert.AreNotEqual(0, read);
            received += read;
        }
    }

    [TestMethod]
    public async Task Shows_another_certificate_without_dropping_anyone()
    {
        await using ITransport transport = await StartAsync(Options());
        using TestPeer old = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        ConcurrentBag<string> names = [];
        Task[] load = [.. Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!enough.IsCancellationRequested)
            {
                using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
                await AssertEchoAsync(peer);
                names.Add(peer.ServerName);
            }
        })];
        await UntilAsync(() => names.Contains("CN=first"), "the first certificate is seen");

        transport.UseCertificate(TestCertificates.Server("second"));

        await UntilAsync(() => names.Contains("CN=second"), "the second certificate is seen");
        await enough.CancelAsync();
        await Task.WhenAll(load);
        await AssertEchoAsync(old);
        using TestPeer after = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        Assert.AreEqual("CN=second", after.ServerName);
    }

    [TestMethod]
    [DataRow("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [DataRow("\u0016\u0003\u0001\u00ff\u00ff\u0001\u00ff")]
    [DataRow("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public async Task Closes_a_peer_that_talks_garbage_and_serves_the_next(string garbage)
    {
        await using ITransport transport = await StartAsync(Options() with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        using TestPeer liar = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);
        await liar.Socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(garbage), Deadline);

        await AssertEndsAsync(liar);

        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await AssertEchoAsync(peer);
    }

    private async Task AssertVerdictAsync(X509Certificate2 certificate, PeerVerdict expected)
    {
        await using ITransport transport = await StartAsync(Options() with
        {
            JudgePeer = shown => string.Equals(shown.Subject, "CN=stranger", StringComparison.Ordinal) ? PeerVerdict.Unknown : PeerVerdict.Valid,
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline, certificate);

        Assert.AreEqual(expected, (await NextConnectionAsync()).PeerVerdict);
        await AssertEchoAsync(peer);
    }

    private static async Task ReadToEndAsync(PipeReader input)
    {
        try
        {
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // the peer is gone
        }
    }
}
