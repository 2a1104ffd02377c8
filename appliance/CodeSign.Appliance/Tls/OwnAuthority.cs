using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Tls;

/// <summary>
/// The appliance's own certificate authority: clients pin its certificate, it issues the certificates of the listeners and nothing
/// else. Its key is sealed in the store; the keys of the listeners live in memory alone.
/// </summary>
internal sealed class OwnAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";  // RFC 5280 section 4.2.1.12
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3652);
    private static readonly TimeSpan LeafLife = TimeSpan.FromDays(90);

    // Clocks of clients may be behind ours.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private OwnAuthority(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>With its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the certificate, as people compare it.</summary>
    public string Fingerprint => FingerprintOf(Certificate);

    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>A new CA for ten years.</summary>
    public static OwnAuthority Create(DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string name = "CodeSign appliance CA " + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(SubjectKeyId(request));
        return new OwnAuthority(request.CreateSelfSigned(now - ClockSkew, now + AuthorityLife));
    }

    /// <summary>The CA as the store keeps it.</summary>
    /// <exception cref="CryptographicException">Not its key.</exception>
    public static OwnAuthority Open(ReadOnlySpan<byte> certificate, SecretBytes key)
    {
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate);
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(key.Span, out _);
        return new OwnAuthority(bare.CopyWithPrivateKey(ecdsa));
    }

    public static string FingerprintOf(X509Certificate2 certificate) =>
        "SHA256:" + certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>The private key, PKCS#8, to be sealed. The caller disposes it.</summary>
    public SecretBytes ExportKey()
    {
        using ECDsa key = Certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("The CA was opened without its key.");
        byte[] der = key.ExportPkcs8PrivateKey();
        SecretBytes secret = new(der);
        CryptographicOperations.ZeroMemory(der);
        return secret;
    }

    /// <summary>A certificate for a listener, with a new key. The caller disposes it.</summary>
    /// <param name="hostNames">DNS names and addresses; the first is the common name.</param>
    /// <param name="now">It is good from an hour before.</param>
    public X509Certificate2 Issue(IReadOnlyList<string> hostNames, DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X500DistinguishedNameBuilder subject = new();
        subject.AddCommonName(hostNames[0].Length <= 64 ? hostNames[0] : "codesignd");  // ub-common-name, RFC 5280 appendix A.1
        CertificateRequest request = new(subject.Build(), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        foreach (string host in hostNames)
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false));
        request.CertificateExtensions.Add(SubjectKeyId(request));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        DateTimeOffset end = now + LeafLife < NotAfter ? now + LeafLife : NotAfter;
        using X509Certificate2 bare = request.Create(Certificate, now - ClockSkew, end, Serial());
        return bare.CopyWithPrivateKey(key);
    }

    public void Dispose() => Certificate.Dispose();

    // RFC 7093 section 2, method 1: no SHA-1.
    private static X509SubjectKeyIdentifierExtension SubjectKeyId(CertificateRequest request) =>
        new(request.PublicKey, X509SubjectKeyIdentifierHashAlgorithm.ShortSha256, false);

    /// <summary>16 random bytes, positive and not zero (RFC 5280 section 4.1.2.2).</summary>
    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40);
        return serial;
    }
}
