using System.IO.Pipelines;
using System.Security.Cryptography;
using CodeSign.Appliance.Requests;
using CodeSign.Appliance.Transport;
using CodeSign.Wire.Framing;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Listener;

/// <summary>
/// Speaks <c>codesign/1</c> over a connection: frames in, the dispatcher's answers out. Knows no single operation and no key.
/// </summary>
/// <param name="dispatcher">Answers the requests.</param>
/// <param name="certificateRequired">True where a peer without a client certificate is told so at hello, and closed.</param>
/// <param name="log">Where broken peers are noted.</param>
public sealed partial class TokenProtocol(Dispatcher dispatcher, bool certificateRequired, ILogger<TokenProtocol> log)
{
    /// <summary>A <see cref="ProtocolHandler"/>: serves one TLS connection until it ends.</summary>
    public Task ServeAsync(TransportConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        string? certificateId = connection.PeerCertificate is { } certificate && connection.PeerVerdict == PeerVerdict.Valid
            ? Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()))
            : null;
        Session session = new(connection.Remote.Address, certificateId, FaultOf(connection.PeerVerdict), connection.Authenticated);
        return RunAsync(session, connection.Pipe, connection.Drain, connection.Closed);
    }

    /// <summary>Serves the 0600 socket on the server itself.</summary>
    public Task ServeLocalAsync(IDuplexPipe pipe, CancellationToken drain, CancellationToken closed) =>
        RunAsync(Session.OverLocalSocket(), pipe, drain, closed);

    private string? FaultOf(PeerVerdict verdict) => verdict switch
    {
        PeerVerdict.Valid => null,
        PeerVerdict.Missing => certificateRequired ? "tls.certificate_missing" : null,
        PeerVerdict.Expired => "tls.certificate_expired",
        PeerVerdict.Unknown => "tls.certificate_unknown",
    };

    private async Task RunAsync(Session session, IDuplexPipe pipe, CancellationToken drain, CancellationToken closed)
    {
        using Conversation conversation = new(dispatcher, session, pipe, closed);
        try
        {
            await conversation.RunAsync(drain);
        }
        catch (ProtocolViolationException violation)
        {
            LogBroken(log, session.Remote, session.Caller?.Name ?? "", violation.Message);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or InvalidOperationException { Source: "System.IO.Pipelines" })
        {
            LogGone(log, session.Remote, session.Caller?.Name ?? "");
        }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "Peer {Remote} ({Caller}) broke the protocol: {Defect}")]
    private static partial void LogBroken(ILogger log, string remote, string caller, string defect);

    [LoggerMessage(EventId = 201, Level = LogLevel.Debug, Message = "Peer {Remote} ({Caller}) went away")]
    private static partial void LogGone(ILogger log, string remote, string caller);
}
