using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;

namespace CodeSign.Appliance.Tls;

/// <summary>A certificate from elsewhere: PEM files that somebody else renews. Loaded again when one of them changes.</summary>
internal sealed class GivenCertificate(string certificateFile, string keyFile) : CertificateSource
{
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";
    private const int RsaBitsMin = 2048;
    private static readonly string[] CurveOids = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];  // P-256, P-384, P-521
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    private string _loaded = "";

    public override TlsCertificate Load(DateTimeOffset now)
    {
        string stamp = Stamp();
        X509Certificate2Collection chain = ReadChain();
        RefuseUnusable(chain[0], now);
        X509Certificate2 leaf = WithKey(chain[0]);
        chain[0].Dispose();
        chain.RemoveAt(0);
        _loaded = stamp;
        return new TlsCertificate(leaf, chain);
    }

    public override bool IsDue(TlsCertificate shown, DateTimeOffset now) => !string.Equals(_loaded, Stamp(), StringComparison.Ordinal);

    public override IEnumerable<string> Warnings(TlsCertificate shown, DateTimeOffset now)
    {
        if (shown.NotAfter < now)
        {
            yield return $"The TLS certificate {certificateFile} expired on {shown.NotAfter:yyyy-MM-dd}: replace it.";
        }
        else if (shown.NotAfter - now < WarnBefore)
        {
            yield return $"The TLS certificate {certificateFile} expires on {shown.NotAfter:yyyy-MM-dd}: replace it.";
        }

        const UnixFileMode Open = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (File.Exists(keyFile) && (File.GetUnixFileMode(keyFile) & Open) != UnixFileMode.None)
        {
            yield return $"Others than its owner may read or change the TLS key {keyFile}: chmod 600 it.";
        }
    }

    private static bool IsNistCurve(PublicKey key)
    {
        using ECDsa? ecdsa = key.GetECDsaPublicKey();
        return ecdsa is not null && CurveOids.Contains(ecdsa.ExportParameters(false).Curve.Oid.Value, StringComparer.Ordinal);
    }

    private static int RsaBits(PublicKey key)
    {
        using RSA? rsa = key.GetRSAPublicKey();
        return rsa?.KeySize ?? 0;
    }

    private X509Certificate2Collection ReadChain()
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(certificateFile);
            return chain.Count > 0 ? chain : throw new ConfigurationException($"{certificateFile} holds no PEM certificate.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException($"The TLS certificate {certificateFile} can't be read: {e.Message}");
        }
    }

    private void RefuseUnusable(X509Certificate2 leaf, DateTimeOffset now)
    {
        bool usable = leaf.PublicKey.Oid.Value switch
        {
            RsaOid => RsaBits(leaf.PublicKey) >= RsaBitsMin,
            EcOid => IsNistCurve(leaf.PublicKey),
            _ => false,
        };
        if (!usable)
        {
            throw new ConfigurationException(
                $"The key of the TLS certificate {certificateFile} is neither RSA of {RsaBitsMin} bits or more nor P-256, P-384 or P-521.");
        }

        if (leaf.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            throw new ConfigurationException(
                $"The TLS certificate {certificateFile} expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}: put a valid one there.");
        }
    }

    private X509Certificate2 WithKey(X509Certificate2 leaf)
    {
        using SecretBytes bytes = SecretFile.ReadWhole(keyFile);
        char[] pem = GC.AllocateUninitializedArray<char>(bytes.Length, pinned: true);
        Encoding.Latin1.GetChars(bytes.Span, pem);
        try
        {
            if (string.Equals(leaf.PublicKey.Oid.Value, RsaOid, StringComparison.Ordinal))
            {
                using RSA rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                return leaf.CopyWithPrivateKey(rsa);
            }

            using ECDsa ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(pem);
            return leaf.CopyWithPrivateKey(ecdsa);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ConfigurationException($"{keyFile} is not the unencrypted PEM key of the certificate {certificateFile}.");
        }
        finally
        {
            Array.Clear(pem);
        }
    }

    private string Stamp() => FormattableString.Invariant(
        $"{File.GetLastWriteTimeUtc(certificateFile).Ticks} {File.GetLastWriteTimeUtc(keyFile).Ticks}");
}
