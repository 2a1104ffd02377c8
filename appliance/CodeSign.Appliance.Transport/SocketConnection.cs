using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Appliance.Transport;

/// <summary>
/// One connection of <see cref="SocketTransport"/>. What arrives is decrypted into a pipe, by the thread the socket woke, and read by
/// that thread too; what is written goes into TLS and the socket at once, and waits where the peer doesn't take it.
/// </summary>
internal sealed class SocketConnection(Socket socket, ConnectionLimits.Place place, TransportOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Bytes read ahead of the protocol; beyond these TCP pushes back on the sender.</summary>
    private const int ReadAheadBytesMax = 256 * 1024;

    /// <summary>Time the peer has to take our goodbye.</summary>
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(5);

    private static readonly PipeOptions Inline = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: ReadAheadBytesMax,
        resumeWriterThreshold: ReadAheadBytesMax / 2,
        useSynchronizationContext: false);

    private readonly CancellationTokenSource _closed = new();
    private readonly Pipe _input = new(Inline);

    /// <summary>Serves the connection until the protocol is done with it.</summary>
    /// <exception cref="IOException">The peer went away, or talks no TLS.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The handshake failed.</exception>
    /// <exception cref="OperationCanceledException">The handshake took too long, or the listener stops.</exception>
    [SuppressMessage("Reliability", "CA2025", Justification = "The reading is awaited before the stream is disposed.")]
    public async Task RunAsync(SslStreamCertificateContext certificate, ProtocolHandler handler, CancellationToken drain)
    {
        socket.NoDelay = true;
        IPEndPoint remote = (IPEndPoint)socket.RemoteEndPoint!;
        PeerJudgement judgement = new(options, time);
        await using NetworkStream network = new(socket, ownsSocket: false);
        await using SslStream tls = new(network, leaveInnerStreamOpen: true);
        using (CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(drain))
        {
            deadline.CancelAfter(options.HandshakeTimeout);
            await tls.AuthenticateAsServerAsync(ServerTls.Terms(options, certificate, judgement), deadline.Token);
        }

        // A peer that offers no ALPN passes the handshake.
        if (tls.NegotiatedApplicationProtocol != new SslApplicationProtocol(options.Alpn))
        {
            return;
        }

        PipeWriter output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        Task reading = ReadAsync(tls);
        try
        {
            await handler(new TransportConnection(
                new Duplex(_input.Reader, output),
                remote,
                options.ClientCertificates == ClientCertificates.Off ? null : tls.RemoteCertificate as X509Certificate2,
                judgement.Verdict,
                drain,
                _closed.Token)
            {
                Authenticated = place.Authenticated,
            });
        }
        finally
        {
            await _input.Reader.CompleteAsync();
            await SayGoodbyeAsync(tls);
            await reading;
        }
    }

    /// <summary>Throws the peer out. The protocol sees the end of its input.</summary>
    public void Abort()
    {
        socket.Close(0);
        _input.Writer.CancelPendingFlush();
    }

    public void Dispose()
    {
        socket.Dispose();
        place.Dispose();
        _closed.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The protocol gets the failure where it reads.")]
    private async Task ReadAsync(SslStream tls)
    {
        Exception? failure = null;
        try
        {
            FlushResult flushed = default;
            while (!flushed.IsCompleted && !flushed.IsCanceled && await tls.ReadAsync(_input.Writer.GetMemory()) is > 0 and int read)
            {
                _input.Writer.Advance(read);
                flushed = await _input.Writer.FlushAsync();
            }
        }
        catch (Exception gone)
        {
            failure = gone;
        }

        await _input.Writer.CompleteAsync(failure);
        await _closed.CancelAsync();
    }

    /// <summary>Tells the peer that nothing more comes, and ends our own reading.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the goodbye failed of, the socket closes, and so the reading ends.")]
    private async Task SayGoodbyeAsync(SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync().WaitAsync(GoodbyeTimeout);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception)
        {
            socket.Close(0);
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
