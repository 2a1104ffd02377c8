using System.Net;
using System.Net.Security;

namespace CodeSign.Appliance.Transport;

/// <summary>A listener for TLS connections: the seam between the sockets library and the protocols (ARCHITECTURE.md, Transport).</summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>Where it listens, once started.</summary>
    IPEndPoint Endpoint { get; }

    /// <summary>Connections open now.</summary>
    int Connections { get; }

    Task StartAsync(CancellationToken cancel);

    /// <summary>Takes no new connection, lets requests in flight finish, closes the rest at the latest after <paramref name="grace"/>.</summary>
    Task StopAsync(TimeSpan grace);

    /// <summary>The certificate shown from the next connection on.</summary>
    void UseCertificate(SslStreamCertificateContext certificate);
}

/// <summary>Whether a listener asks for client certificates.</summary>
public enum ClientCertificates
{
    Off,
    Accepted,
    Required,
}

/// <summary>Limits and settings of one listener.</summary>
public sealed record TransportOptions
{
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>ALPN name; a peer that negotiated none or another is closed.</summary>
    public required string Alpn { get; init; }

    public required SslStreamCertificateContext Certificate { get; init; }

    public ClientCertificates ClientCertificates { get; init; } = ClientCertificates.Accepted;

    /// <summary>
    /// Judges a client certificate that is within its validity: <see cref="PeerVerdict.Valid"/> or
    /// <see cref="PeerVerdict.Unknown"/>. Called during the handshake; must not block or fetch anything.
    /// </summary>
    public required Func<System.Security.Cryptography.X509Certificates.X509Certificate2, PeerVerdict> JudgePeer { get; init; }

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections open at once; more are closed at accept.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Connections whose peer hasn't proved who it is.</summary>
    public int UnauthenticatedMax { get; init; } = 4_000;
}
