using System.Formats.Asn1;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CodeSign.Transport.Tests;

/// <summary>Certificates made for one test; time is the system's, because the client's SslStream knows no other.</summary>
internal static class TestCertificates
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static SslStreamCertificateContext Server(string name = "first") => SslStreamCertificateContext.Create(
        Make(name, Now.AddDays(-1), Now.AddDays(1), ServerAuthentication), null, offline: true);

    public static X509Certificate2 Client(string name = "client") => Make(name, Now.AddDays(-1), Now.AddDays(1), ClientAuthentication);

    public static X509Certificate2 ExpiredClient() => Make("old", Now.AddDays(-3), Now.AddDays(-1), ClientAuthentication);

    public static X509Certificate2 FutureClient() => Make("early", Now.AddDays(1), Now.AddDays(3), ClientAuthentication);

    public static X509Certificate2 ServerShownAsClient() => Make("server", Now.AddDays(-1), Now.AddDays(1), ServerAuthentication);

    /// <summary>A client certificate whose issuer isn't sent along, and which says where to fetch it (RFC 5280 section 4.2.2.1).</summary>
    public static X509Certificate2 ClientWithAia(IPEndPoint trap)
    {
        using ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest issuer = new("CN=Issuer nobody has", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issuerCertificate = issuer.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request("aia", key, ClientAuthentication);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(
            [$"http://{trap}/ocsp"], [$"http://{trap}/issuer.cer"]));
        request.CertificateExtensions.Add(DistributionPoint($"http://{trap}/list.crl"));
        using X509Certificate2 bare = request.Create(issuerCertificate, Now.AddDays(-1), Now.AddDays(1), [1, 2, 3, 4]);
        using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
        return Reload(withKey);
    }

    private static X509Certificate2 Make(string name, DateTimeOffset from, DateTimeOffset to, string usage)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = Request(name, key, usage).CreateSelfSigned(from, to);
        return Reload(made);
    }

    private static CertificateRequest Request(string name, ECDsa key, string usage)
    {
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        return request;
    }

    private static X509Certificate2 Reload(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);

    /// <summary>CRLDistributionPoints, RFC 5280 section 4.2.1.13.</summary>
    private static X509Extension DistributionPoint(string url)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            writer.WriteOctetString(Encoding.ASCII.GetBytes(url), new Asn1Tag(TagClass.ContextSpecific, 6));
        }

        return new X509Extension("2.5.29.31", writer.Encode(), false);
    }
}
