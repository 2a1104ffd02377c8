using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Appliance.Transport;

/// <summary>
/// What was found about the certificate one peer showed. It never fails a handshake: on Linux SslStream sends no alert for a refused
/// certificate, the client would see a bare end of file. The protocol tells the peer instead.
/// </summary>
internal sealed class PeerJudgement(TransportOptions options, TimeProvider time)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";  // RFC 5280 section 4.2.1.12
    private const string AnyExtendedKeyUsage = "2.5.29.37.0";

    public PeerVerdict Verdict { get; private set; } = PeerVerdict.Missing;

    /// <summary>
    /// How a chain is built during the handshake: from what the peer sent, trusting nothing of the machine's, fetching nothing. By
    /// default .NET fetches the addresses it finds in the peer's certificate (AIA): a request forgery before authentication.
    /// </summary>
    public static X509ChainPolicy ChainPolicy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };

    /// <summary>Judges what the peer showed; TLS has already proved that it holds the key.</summary>
    public void Judge(X509Certificate? certificate)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return;
        }

        DateTime now = time.GetUtcNow().UtcDateTime;
        Verdict = now < shown.NotBefore.ToUniversalTime() || now > shown.NotAfter.ToUniversalTime() ? PeerVerdict.Expired
            : !IsForClients(shown) ? PeerVerdict.Unknown
            : options.JudgePeer(shown);
    }

    private static bool IsForClients(X509Certificate2 certificate)
    {
        try
        {
            foreach (X509Extension extension in certificate.Extensions)
            {
                if (extension is X509EnhancedKeyUsageExtension usage
                    && !usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value is ClientAuthentication or AnyExtendedKeyUsage))
                {
                    return false;
                }

                if (extension is X509KeyUsageExtension key && !key.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
                {
                    return false;
                }
            }

            return true;
        }
        catch (CryptographicException)
        {
            return false;  // an extension that can't be read permits nothing
        }
    }
}
