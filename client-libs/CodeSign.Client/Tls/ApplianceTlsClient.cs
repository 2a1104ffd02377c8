using CodeSign.Wire;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using X509Certificate = Org.BouncyCastle.X509.X509Certificate;

namespace CodeSign.Client.Tls;

/// <summary>
/// BouncyCastle's client with our rules: TLS 1.3 only, ALPN codesign/1, the pinned CA, a client certificate where there is one.
/// Keeps the verdict that ended a handshake, because BouncyCastle passes on only an alert number.
/// </summary>
internal sealed class ApplianceTlsClient : DefaultTlsClient, TlsAuthentication
{
    // AES-GCM first: with AES-NI it costs less than ChaCha20-Poly1305 on both sides.
    private static readonly int[] Suites =
        [CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_AES_256_GCM_SHA384, CipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    private readonly ServerAddress _server;
    private readonly Action<IReadOnlyList<X509Certificate>> _judge;
    private readonly ClientIdentity? _identity;

    /// <param name="crypto">With the kernel's entropy.</param>
    /// <param name="server">Whom we want to talk to.</param>
    /// <param name="judge">Throws <see cref="ApplianceException"/> for a chain (leaf first) it doesn't accept.</param>
    /// <param name="identity">The client certificate, or null.</param>
    public ApplianceTlsClient(
        BcTlsCrypto crypto, ServerAddress server, Action<IReadOnlyList<X509Certificate>> judge, ClientIdentity? identity)
        : base(crypto)
    {
        _server = server;
        _judge = judge;
        _identity = identity;
    }

    /// <summary>Why we ended the handshake, or null.</summary>
    public ApplianceException? Verdict { get; private set; }

    /// <summary>The server asked for a client certificate.</summary>
    public bool CertificateWasAsked { get; private set; }

    /// <summary>We had one that it takes.</summary>
    public bool CertificateWasSent { get; private set; }

    public override TlsAuthentication GetAuthentication() => this;

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        ProtocolName? chosen = m_context.SecurityParameters.ApplicationProtocol;
        if (chosen is null || !string.Equals(chosen.GetUtf8Decoding(), ProtocolLimits.Alpn, StringComparison.Ordinal))
        {
            Verdict = Fault.WrongProtocol(_server);
            throw new TlsFatalAlert(AlertDescription.no_application_protocol);
        }
    }

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        TlsCertificate[] sent = serverCertificate.Certificate?.GetCertificateList() ?? [];
        try
        {
            List<X509Certificate> chain = [];
            foreach (TlsCertificate certificate in sent)
            {
                chain.AddRange(ServerTrust.ReadCertificates(certificate.GetEncoded()));
            }

            _judge(chain);
        }
        catch (FormatException fault)
        {
            Verdict = Fault.Untrusted(_server, "its certificate can't be read", fault);
            throw new TlsFatalAlert(AlertDescription.bad_certificate, fault);
        }
        catch (ApplianceException verdict)
        {
            Verdict = verdict;
            throw new TlsFatalAlert(AlertDescription.bad_certificate, verdict);
        }
    }

    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest)
    {
        CertificateWasAsked = true;
        TlsCredentials? credentials = _identity?.ToCredentials(m_context, (BcTlsCrypto)Crypto, certificateRequest);
        CertificateWasSent = credentials is not null;
        return credentials;
    }

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();

    protected override int[] GetSupportedCipherSuites() => Suites;

    protected override IList<ProtocolName> GetProtocolNames() => [ProtocolName.AsUtf8Encoding(ProtocolLimits.Alpn)];

    // RFC 6066 section 3: names only, never addresses.
    protected override IList<ServerName>? GetSniServerNames() => System.Net.IPAddress.TryParse(_server.Host, out _)
        ? null
        : [new ServerName(NameType.host_name, System.Text.Encoding.ASCII.GetBytes(_server.Host))];
}
