using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Transport;

/// <summary>
/// The transport over Kestrel: its sockets, its TLS, none of its HTTP. Order on each connection: limits, handshake, ALPN, protocol.
/// </summary>
/// <param name="options">Limits and settings.</param>
/// <param name="handler">The protocol spoken.</param>
/// <param name="time">For the validity of certificates.</param>
/// <param name="log">What Kestrel has to say.</param>
public sealed class KestrelTransport(
    TransportOptions options, ProtocolHandler handler, TimeProvider time, ILoggerFactory log) : ITransport
{
    // Beyond these bytes the pipes push back: on the sender by TCP, on the protocol by its flush.
    private const int ReadBufferBytesMax = 256 * 1024;
    private const int WriteBufferBytesMax = 256 * 1024;

    private readonly ConnectionLimits _limits = new(options.ConnectionsMax, options.UnauthenticatedMax);
    private readonly byte[] _alpn = Encoding.ASCII.GetBytes(options.Alpn);
    private volatile SslStreamCertificateContext _certificate = options.Certificate;
    private WebApplication? _host;
    private ListenOptions? _listen;

    public IPEndPoint Endpoint => _listen?.IPEndPoint ?? options.Endpoint;

    public int Connections => _limits.Connections;

    public void UseCertificate(SslStreamCertificateContext certificate) => _certificate = certificate;

    /// <exception cref="IOException">The address is in use or not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore();

        // What arrives is read, decrypted and answered on the pool's thread that the socket woke: each hand-over saved is a context switch.
        // Nothing is awaited for memory's sake: a buffer of 4 KiB for an idle connection saves a system call on a busy one.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBufferSize = ReadBufferBytesMax;
            kestrel.Limits.MaxResponseBufferSize = WriteBufferBytesMax;
            kestrel.Listen(options.Endpoint, Configure);
        });
        _host = builder.Build();
        await _host.StartAsync(cancel);
    }

    public async Task StopAsync(TimeSpan grace)
    {
        if (_host is null)
        {
            return;
        }

        using CancellationTokenSource deadline = new(grace);
        await _host.StopAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    private void Configure(ListenOptions listen)
    {
        _listen = listen;
        listen.Protocols = HttpProtocols.None;
        listen.Use(next => context => AdmitAsync(context, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.HandshakeTimeout,
            OnConnection = context => ValueTask.FromResult(
                ServerTls.Terms(options, _certificate, context.Connection.Features.GetRequiredFeature<Admitted>().Judgement)),
        });
        listen.Run(ServeAsync);
    }

    /// <summary>Before TLS: a connection over a limit costs an accept and nothing more.</summary>
    private async Task AdmitAsync(ConnectionContext context, ConnectionDelegate next)
    {
        using ConnectionLimits.Place? place = _limits.TryEnter();
        if (place is null)
        {
            context.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        Admitted admitted = new(place, new PeerJudgement(options, time));
        context.Features.Set(admitted);

        // Whoever is still shaking hands when the listener stops has nothing in flight.
        using CancellationTokenRegistration stopping = DrainToken(context).Register(() =>
        {
            if (!admitted.Serving)
            {
                context.Abort(new ConnectionAbortedException("Stopping."));
            }
        });
        await next(context);
    }

    private async Task ServeAsync(ConnectionContext context)
    {
        // A peer that offers no ALPN passes the handshake.
        ReadOnlyMemory<byte> negotiated = context.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol ?? default;
        if (!negotiated.Span.SequenceEqual(_alpn))
        {
            return;
        }

        Admitted admitted = context.Features.GetRequiredFeature<Admitted>();
        admitted.Serving = true;
        await handler(new TransportConnection(
            context.Transport,
            (IPEndPoint)context.RemoteEndPoint!,
            options.ClientCertificates == ClientCertificates.Off ? null : context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate,
            admitted.Judgement.Verdict,
            DrainToken(context),
            context.ConnectionClosed)
        {
            Authenticated = admitted.Place.Authenticated,
        });
    }

    private static CancellationToken DrainToken(ConnectionContext context) =>
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <summary>What is known of a connection from its accept on.</summary>
    private sealed class Admitted(ConnectionLimits.Place place, PeerJudgement judgement)
    {
        private volatile bool _serving;

        public ConnectionLimits.Place Place { get; } = place;

        public PeerJudgement Judgement { get; } = judgement;

        /// <summary>Handed to the protocol.</summary>
        public bool Serving
        {
            get => _serving;
            set => _serving = value;
        }
    }

    /// <summary>Signals are the daemon's business, not a listener's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
