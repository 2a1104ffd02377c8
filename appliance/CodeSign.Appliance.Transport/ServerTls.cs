using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Appliance.Transport;

/// <summary>The TLS of every listener that is made of .NET's SslStream.</summary>
internal static class ServerTls
{
    /// <summary>The terms of one handshake.</summary>
    /// <param name="options">The listener's.</param>
    /// <param name="certificate">Shown to the peer.</param>
    /// <param name="judgement">Hears what the peer shows.</param>
    [SuppressMessage("Security", "CA5398", Justification = "TLS 1.3 is the protocol's definition (PROTOCOL.md), not a choice of the machine.")]
    [SuppressMessage("Security", "CA5359", Justification = "The verdict is recorded and told by the protocol: a refused handshake would end without a word.")]
    public static SslServerAuthenticationOptions Terms(
        TransportOptions options, SslStreamCertificateContext certificate, PeerJudgement judgement)
    {
        SslServerAuthenticationOptions terms = new()
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [new SslApplicationProtocol(options.Alpn)],
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (options.ClientCertificates != ClientCertificates.Off)
        {
            terms.ClientCertificateRequired = true;  // asks for one; the callback lets a peer without one pass
            terms.CertificateChainPolicy = PeerJudgement.ChainPolicy();
            terms.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                judgement.Judge(shown);
                return true;
            };
        }

        return terms;
    }
}
