using System.Net.Sockets;
using CodeSign.Appliance.Transport;

namespace CodeSign.Transport.Tests;

/// <summary>The bounds every transport keeps, and how it stops.</summary>
public abstract class TransportLimitsContract : TransportTest
{
    [TestMethod]
    public async Task Ends_a_handshake_that_takes_too_long()
    {
        await using ITransport transport = await StartAsync(Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(500) });
        using TestPeer silent = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);
        using TestPeer halfway = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);

        // The beginning of a ClientHello record that promises more than ever comes (RFC 8446 section 5.1).
        await halfway.Socket.SendAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 0xfc }, Deadline);

        await AssertEndsAsync(silent);
        await AssertEndsAsync(halfway);
        await UntilAsync(() => transport.Connections == 0, "both are forgotten");
        Assert.IsEmpty(Seen);
    }

    [TestMethod]
    public async Task Serves_as_many_connections_as_configured_and_not_one_more()
    {
        const int Max = 3;
        await using ITransport transport = await StartAsync(Options() with { ConnectionsMax = Max });
        List<TestPeer> peers = [];
        for (int i = 0; i < Max; i++)
        {
            peers.Add(await TestPeer.HandshakeAsync(transport.Endpoint, Deadline));
            await AssertEchoAsync(peers[i]);
            (await NextConnectionAsync()).Authenticated();
        }

        await AssertRefusesAsync(transport);

        peers[0].Dispose();
        await UntilAsync(() => transport.Connections == Max - 1, "a place is free");
        using TestPeer next = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await AssertEchoAsync(next);
        peers.ForEach(peer => peer.Dispose());
    }

    [TestMethod]
    public async Task Serves_as_many_unauthenticated_connections_as_configured_and_not_one_more()
    {
        const int Max = 3;
        await using ITransport transport = await StartAsync(Options() with { UnauthenticatedMax = Max });

        // Counted before TLS: one of them hasn't begun its handshake.
        using TestPeer silent = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);
        using TestPeer first = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        TransportConnection known = await NextConnectionAsync();
        using TestPeer second = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await NextConnectionAsync();
        await UntilAsync(() => transport.Connections == Max, "all are counted");
        await AssertRefusesAsync(transport);

        known.Authenticated();
        known.Authenticated();
        using TestPeer next = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await AssertEchoAsync(next);
        await AssertRefusesAsync(transport);
    }

    [TestMethod]
    public async Task A_protocol_that_fails_ends_its_own_connection_and_no_other()
    {
        int served = 0;
        await using ITransport transport = await StartAsync(Options(), connection =>
            Interlocked.Increment(ref served) == 1 ? throw new InvalidOperationException("A fault of the protocol.") : EchoAsync(connection));
        using TestPeer unlucky = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        Assert.IsTrue(await unlucky.IsClosedByServerAsync(Deadline));

        using TestPeer other = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await AssertEchoAsync(other);
        await UntilAsync(() => transport.Connections == 1, "the first connection is forgotten");
    }

    [TestMethod]
    public async Task Throws_out_a_peer_whose_bytes_nobody_reads()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            await using CancellationTokenRegistration registration = connection.Closed.Register(closed.SetResult);
            await closed.Task;
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await NextConnectionAsync();

        // More than the transport reads ahead: it has stopped to listen to this peer when it is told to stop.
        Task sending = peer.SendAsync(new byte[8 * 1024 * 1024], Deadline);
        await transport.StopAsync(TimeSpan.FromMilliseconds(500)).WaitAsync(Deadline);

        await closed.Task.WaitAsync(Deadline);
        await Assert.ThrowsAsync<IOException>(() => sending);
        Assert.AreEqual(0, transport.Connections);
    }

    [TestMethod]
    public async Task Stopping_lets_a_request_in_flight_finish()
    {
        TaskCompletionSource draining = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            await using CancellationTokenRegistration registration = connection.Drain.Register(draining.SetResult);
            await finish.Task;
            await connection.Pipe.Output.WriteAsync("done"u8.ToArray(), Deadline);
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await NextConnectionAsync();

        Task stopping = transport.StopAsync(TimeSpan.FromSeconds(20));
        await draining.Task.WaitAsync(Deadline);
        await Assert.ThrowsExactlyAsync<SocketException>(() => TestPeer.ConnectAsync(transport.Endpoint, Deadline));
        Assert.IsFalse(stopping.IsCompleted);
        finish.SetResult();

        byte[] answer = new byte[4];
        await peer.Tls.ReadExactlyAsync(answer, Deadline);
        Assert.AreEqual("done", System.Text.Encoding.ASCII.GetString(answer));
        await stopping.WaitAsync(Deadline);
    }

    [TestMethod]
    public async Task Stopping_ends_idle_connections_and_unfinished_handshakes_at_once()
    {
        await using ITransport transport = await StartAsync(Options() with { HandshakeTimeout = TimeSpan.FromMinutes(10) });
        using TestPeer silent = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);
        using TestPeer idle = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await UntilAsync(() => transport.Connections == 2, "both are there");

        await transport.StopAsync(TimeSpan.FromMinutes(10)).WaitAsync(Deadline);

        Assert.IsTrue(await idle.IsClosedByServerAsync(Deadline));
        Assert.AreEqual(0, transport.Connections);
    }

    [TestMethod]
    public async Task Stopping_throws_out_whoever_outstays_the_grace()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ITransport transport = await StartAsync(Options(), async connection =>
        {
            await using CancellationTokenRegistration registration = connection.Closed.Register(closed.SetResult);
            await closed.Task;
        });
        using TestPeer peer = await TestPeer.HandshakeAsync(transport.Endpoint, Deadline);
        await NextConnectionAsync();

        await transport.StopAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(Deadline);

        await closed.Task.WaitAsync(Deadline);
        Assert.IsTrue(await peer.IsClosedByServerAsync(Deadline));
    }

    [TestMethod]
    public async Task An_address_in_use_is_an_io_error()
    {
        await using ITransport first = await StartAsync(Options());
        await using ITransport second = Create(Options() with { Endpoint = first.Endpoint }, EchoAsync);

        await Assert.ThrowsAsync<IOException>(() => second.StartAsync(Deadline));
    }
}
