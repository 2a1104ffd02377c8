using CodeSign.Client.Sockets;
using CodeSign.Client.Tls;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace CodeSign.Client;

/// <summary>
/// One TLS connection to one appliance: carries one request at a time. Knows frames and correlation numbers, not operations.
/// Whatever goes wrong closes it. Not thread-safe.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>Firewalls and load balancers forget quiet connections after five minutes or more.</summary>
    private const int IdleMsMax = 4 * 60 * 1000;

    private readonly SocketStream _socket;
    private readonly TlsClientProtocol _tls;
    private readonly ApplianceTlsClient _client;
    private readonly byte[] _prefix = new byte[ProtocolLimits.LengthPrefixBytes];
    private ulong _correlation;
    private long _usedTick = Environment.TickCount64;
    private bool _isBroken;

    private Connection(ServerAddress server, SocketStream socket, TlsClientProtocol tls, ApplianceTlsClient client)
    {
        Server = server;
        _socket = socket;
        _tls = tls;
        _client = client;
    }

    public ServerAddress Server { get; }

    /// <summary>The pool's generation this connection was made in.</summary>
    public long Generation { get; set; }

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="ApplianceException">One of the client's own reasons.</exception>
    public static Connection Open(ServerAddress server, Credentials credentials, int timeoutMs, ClientHooks hooks)
    {
        ServerTrust trust = credentials.Trust;
        BcTlsCrypto crypto = new(new SecureRandom(new Entropy()));
        ApplianceTlsClient client = new(crypto, server, chain => trust.Check(chain, server), credentials.Identity);
        return Open(server, client, timeoutMs, hooks);
    }

    /// <summary>Connects and shakes hands with a client of TLS that was set up elsewhere.</summary>
    public static Connection Open(ServerAddress server, ApplianceTlsClient client, int timeoutMs, ClientHooks hooks)
    {
        Deadline deadline = Deadline.In(timeoutMs);
        SocketStream? socket = null;
        try
        {
            socket = Connector.Connect(server, deadline, hooks);
            socket.Deadline = deadline;
            TlsClientProtocol tls = new(socket);
            tls.Connect(client);
            return new Connection(server, socket, tls, client);
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException or ArgumentException)
        {
            socket?.Dispose();
            throw client.Verdict ?? Explain(server, client, socket, timeoutMs, fault);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>False where the peer closed it, or sent something nobody asked for, since the last request.</summary>
    public bool IsUsable() => !_isBroken && _socket.IsQuiet();

    /// <summary>True where it lay so long that something in between may have forgotten it.</summary>
    public bool IsStale => Environment.TickCount64 - _usedTick > IdleMsMax;

    /// <summary>Sends a request and waits for its answer, which the caller disposes.</summary>
    /// <exception cref="ConnectionBrokenException">No answer; the connection is closed.</exception>
    public ResponseFrame Exchange(in Question question, int timeoutMs)
    {
        _socket.Deadline = Deadline.In(timeoutMs);
        _correlation++;
        bool wasSent = false;
        try
        {
            using (RequestFrame request = RequestFrame.Create(
                _correlation, question.Operation, question.Body, question.Ticket, question.Secret, question.SecondSecret, question.Secrets))
            {
                _tls.WriteApplicationData(request.Bytes.Span);
            }

            _socket.SendPending();

            wasSent = true;
            ResponseFrame answer = ReadAnswer();
            _usedTick = Environment.TickCount64;
            return answer;
        }
        catch (ProtocolViolationException fault) when (!wasSent)
        {
            // Ours is too long: the connection is as good as before, the request can't be met.
            throw new ApplianceException(
                Cryptoki.CKR.CKR_DATA_LEN_RANGE,
                ClientReason.Protocol,
                $"The request is larger than the protocol allows ({fault.Message.TrimEnd('.')}); send less at once.",
                cause: fault);
        }
        catch (ProtocolViolationException fault)
        {
            Dispose();
            throw new ConnectionBrokenException(Fault.ProtocolBroken(Server, fault.Message, fault), wasSent);
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            Dispose();
            throw new ConnectionBrokenException(ExplainSilence(fault, timeoutMs), wasSent);
        }
        catch
        {
            // Out of memory, say: an answer may be half read, and the next request would read its other half.
            Dispose();
            throw;
        }
    }

    /// <summary>Says farewell (close_notify) where that needs no waiting, and closes.</summary>
    public void Close()
    {
        if (!_isBroken)
        {
            _socket.Deadline = Deadline.In(0);
            try
            {
                _tls.Close();
                _socket.SendPending();
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException)
            {
                // The peer was gone already.
            }
        }

        Dispose();
    }

    /// <summary>Closes the socket without a word to the peer.</summary>
    public void Dispose()
    {
        _isBroken = true;
        _socket.Dispose();
    }

    private static ApplianceException Explain(
        ServerAddress server, ApplianceTlsClient client, SocketStream? socket, int timeoutMs, Exception fault) =>
        fault switch
        {
            SocketFault { Kind: SocketFaultKind.NameResolution } => Fault.NoName(server),
            SocketFault { Kind: SocketFaultKind.SlowName } => Fault.SlowName(server, timeoutMs),
            SocketFault { Kind: SocketFaultKind.Timeout } => Fault.ConnectTimeout(server, timeoutMs, fault),
            SocketFault { Kind: SocketFaultKind.Unreachable } unreachable => Fault.Unreachable(server, unreachable),
            SocketFault => Fault.HandshakeCut(server, fault),
            TlsFatalAlertReceived { AlertDescription: AlertDescription.no_application_protocol } => Fault.WrongProtocol(server),
            TlsFatalAlertReceived when client.CertificateWasAsked && IsAboutCertificates(fault) => Fault.CertificateWanted(server, client.CertificateWasSent, fault),
            TlsFatalAlertReceived alert =>
                Fault.HandshakeBroken(server, $"it answered {AlertDescription.GetName(alert.AlertDescription)}", alert),
            _ when socket is { HasEnded: true } => Fault.HandshakeCut(server, fault),
            TlsFatalAlert alert => Fault.HandshakeBroken(server, AlertDescription.GetName(alert.AlertDescription), alert),
            _ => Fault.HandshakeBroken(server, "it doesn't follow TLS", fault),
        };

    private static bool IsAboutCertificates(Exception fault) => fault is TlsFatalAlertReceived
    {
        AlertDescription: AlertDescription.bad_certificate or AlertDescription.unsupported_certificate or AlertDescription.certificate_revoked
            or AlertDescription.certificate_expired or AlertDescription.certificate_unknown or AlertDescription.unknown_ca
            or AlertDescription.access_denied or AlertDescription.certificate_required,
    };

    private ApplianceException ExplainSilence(Exception fault, int timeoutMs)
    {
        if (fault is SocketFault { Kind: SocketFaultKind.Timeout })
        {
            return Fault.AnswerTimeout(Server, timeoutMs, fault);
        }

        // In TLS 1.3 the server judges our certificate after the handshake is over for us (RFC 8446 section 4.4.2.4).
        bool isFirst = _correlation == 1;
        return isFirst && _client.CertificateWasAsked && IsAboutCertificates(fault)
            ? Fault.CertificateWanted(Server, _client.CertificateWasSent, fault)
            : Fault.Disconnected(Server, fault);
    }

    private ResponseFrame ReadAnswer()
    {
        Fill(_prefix);
        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(_prefix));
        try
        {
            Fill(buffer.Memory.Span);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }

        ResponseFrame answer = ResponseFrame.Parse(buffer);
        if (answer.Correlation != _correlation)
        {
            answer.Dispose();
            throw new ProtocolViolationException("an answer to another request");
        }

        return answer;
    }

    private void Fill(Span<byte> space)
    {
        while (!space.IsEmpty)
        {
            int count = _tls.ReadApplicationData(space);
            if (count <= 0)
            {
                throw new EndOfStreamException();
            }

            space = space[count..];
        }
    }
}
