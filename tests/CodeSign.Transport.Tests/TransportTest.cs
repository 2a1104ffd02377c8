using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeSign.Appliance.Transport;

namespace CodeSign.Transport.Tests;

/// <summary>What the contract suites share: a transport of the kind under test with an echo protocol on it, and deadlines.</summary>
public abstract class TransportTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _deadline = new(Patience);
    private readonly Channel<TransportConnection> _connections = Channel.CreateUnbounded<TransportConnection>();

    /// <summary>No wait of a test is longer.</summary>
    protected CancellationToken Deadline => _deadline.Token;

    /// <summary>Connections the protocol got.</summary>
    protected ConcurrentQueue<TransportConnection> Seen { get; } = new();

    public abstract ITransport Create(TransportOptions options, ProtocolHandler handler);

    [TestCleanup]
    public void Release() => _deadline.Dispose();

    protected static TransportOptions Options() => new()
    {
        Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
        Alpn = TestPeer.Alpn,
        Certificate = TestCertificates.Server(),
        JudgePeer = _ => PeerVerdict.Valid,
    };

    protected async Task<ITransport> StartAsync(TransportOptions options, ProtocolHandler? handler = null)
    {
        ProtocolHandler protocol = handler ?? EchoAsync;
        ITransport transport = Create(options, connection =>
        {
            Seen.Enqueue(connection);
            _connections.Writer.TryWrite(connection);
            return protocol(connection);
        });
        await transport.StartAsync(Deadline);
        Assert.AreNotEqual(0, transport.Endpoint.Port);
        return transport;
    }

    protected async Task<TransportConnection> NextConnectionAsync() => await _connections.Reader.ReadAsync(Deadline);

    protected async Task UntilAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.IsLessThan(Patience, Stopwatch.GetElapsedTime(start), $"In vain waited until {what}.");
            await Task.Delay(10, Deadline);
        }
    }

    internal async Task AssertEchoAsync(TestPeer peer)
    {
        byte[] sent = [1, 2, 3, 4, 5];
        Assert.AreEqual(Convert.ToHexString(sent), Convert.ToHexString(await peer.EchoAsync(sent, Deadline)));
    }

    /// <summary>A further connection is closed at once; the reset may come while the client still connects.</summary>
    protected async Task AssertRefusesAsync(ITransport transport)
    {
        try
        {
            using TestPeer surplus = await TestPeer.ConnectAsync(transport.Endpoint, Deadline);
            await AssertEndsAsync(surplus);
        }
        catch (SocketException)
        {
            // refused
        }
    }

    /// <summary>The server ends this connection; an alert before the end is no answer.</summary>
    internal async Task AssertEndsAsync(TestPeer peer)
    {
        byte[] sink = new byte[256];
        try
        {
            while (await peer.Socket.ReceiveAsync(sink, Deadline) > 0)
            {
                // a TLS alert
            }
        }
        catch (SocketException)
        {
            // reset: ended all the same
        }
    }

    protected static async Task EchoAsync(TransportConnection connection)
    {
        PipeReader input = connection.Pipe.Input;
        await using CancellationTokenRegistration drain = connection.Drain.Register(input.CancelPendingRead);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    await connection.Pipe.Output.WriteAsync(part);
                }

                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the peer is gone
        }
    }
}
