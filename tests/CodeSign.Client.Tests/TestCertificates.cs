using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.Client.Tests;

/// <summary>Certificates for one test: a CA and what it issues.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;

    public TestCertificates(bool isAuthority = true)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddYears(-5), now.AddYears(5));
    }

    public string AuthorityPem => _authority.ExportCertificatePem();

    public X509Certificate2 Authority => _authority;

    /// <summary>The authority's certificate before it was renewed with the same key.</summary>
    public X509Certificate2 AuthorityOfLastYear()
    {
        using ECDsa key = _authority.GetECDsaPrivateKey()!;
        CertificateRequest request = new(_authority.SubjectName, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddYears(-2), now.AddYears(-1));
    }

    public X509Certificate2 Server(
        string host = "localhost", IPAddress? address = null, TimeSpan? age = null, TimeSpan? left = null, string purpose = "1.3.6.1.5.5.7.3.1")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test server", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        if (address is not null)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        return Issue(request, purpose, age, left).CopyWithPrivateKey(key);
    }

    public X509Certificate2 Client(AsymmetricAlgorithm key)
    {
        CertificateRequest request = key switch
        {
            RSA rsa => new CertificateRequest("CN=Test client", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ec => new CertificateRequest("CN=Test client", ec, HashAlgorithmName.SHA256),
            _ => throw new NotSupportedException(),
        };
        return Issue(request, "1.3.6.1.5.5.7.3.2", null, null);
    }

    public void Dispose() => _authority.Dispose();

    private X509Certificate2 Issue(CertificateRequest request, string purpose, TimeSpan? age, TimeSpan? left)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using ECDsa authorityKey = _authority.GetECDsaPrivateKey()!;
        return request.Create(
            _authority.SubjectName,
            X509SignatureGenerator.CreateForECDsa(authorityKey),
            now - (age ?? TimeSpan.FromDays(1)),
            now + (left ?? TimeSpan.FromDays(30)),
            RandomNumberGenerator.GetBytes(8));
    }
}
