using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>A web server that nobody should ever ask: certificates name it as the place of their issuer, OCSP and CRL.</summary>
internal sealed class Trap : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _seen;

    public Trap()
    {
        _listener.Start();
        _ = CountAsync();
    }

    /// <summary>Connections so far.</summary>
    public int Seen => Volatile.Read(ref _seen);

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>A certificate for this key that leads here. Its issuer is not to be had anywhere else.</summary>
    public X509Certificate2 Certify(ECDsa key, string subject, X509Certificate2 issuer)
    {
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"http://{Address}/ocsp"], [$"http://{Address}/ca.crt"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"http://{Address}/crl"]));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.Create(issuer, now.AddDays(-1), now.AddDays(30), RandomNumberGenerator.GetBytes(8));
    }

    public static X509Certificate2 NewIssuer(ECDsa key)
    {
        CertificateRequest request = new("CN=Somebody's CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(60));
    }

    /// <summary>That it would have seen one: somebody connects, and is counted.</summary>
    public void ProveThatItSees()
    {
        int before = Seen;
        using TcpClient client = new();
        client.Connect(Address);
        Assert.IsTrue(SpinWait.SpinUntil(() => Seen == before + 1, TimeSpan.FromSeconds(10)), "the trap sees who comes");
    }

    public void Dispose() => _listener.Dispose();

    private async Task CountAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _seen);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
