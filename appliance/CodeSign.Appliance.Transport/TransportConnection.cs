using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Appliance.Transport;

/// <summary>One TLS connection in, past its handshake. What flows over it is the protocol's business.</summary>
/// <param name="Pipe">Decrypted bytes, both ways.</param>
/// <param name="Remote">The peer's address.</param>
/// <param name="PeerCertificate">What the peer showed, or null. Owned by the transport; valid while the connection lives.</param>
/// <param name="PeerVerdict">What was found when it was judged.</param>
/// <param name="Drain">Cancelled when the listener is stopping: finish what is in flight, take nothing new.</param>
/// <param name="Closed">
/// Cancelled when the peer sends no more: it closed its side, reset the connection, or was thrown out. An answer may still reach one
/// that only closed its sending side.
/// </param>
public sealed record TransportConnection(
    IDuplexPipe Pipe,
    IPEndPoint Remote,
    X509Certificate2? PeerCertificate,
    PeerVerdict PeerVerdict,
    CancellationToken Drain,
    CancellationToken Closed)
{
    /// <summary>To be called once, when the peer has proved who it is: the connection no longer counts as unauthenticated.</summary>
    public Action Authenticated { get; init; } = () => { };
}

/// <summary>
/// What was found about a client certificate. The handshake succeeds all the same (SslStream on Linux sends no alert for a refused
/// certificate), so that the protocol can say why it refuses.
/// </summary>
public enum PeerVerdict
{
    /// <summary>None shown.</summary>
    Missing,

    /// <summary>Within its validity; whether its key belongs to anyone the identity table says.</summary>
    Valid,

    /// <summary>Expired or not valid yet.</summary>
    Expired,

    /// <summary>Not registered, or not made for client authentication.</summary>
    Unknown,
}

/// <summary>Speaks a protocol over one connection; returns when the conversation is over.</summary>
public delegate Task ProtocolHandler(TransportConnection connection);
