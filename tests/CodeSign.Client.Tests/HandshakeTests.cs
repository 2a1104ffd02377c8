using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Client.Tests;

[TestClass]
public sealed class HandshakeTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [TestMethod]
    public async Task Talks_to_a_server_of_the_pinned_CA()
    {
        await using TestServer server = new TestServer(_certificates.Server()).Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));

        Assert.AreEqual("tester", client.Hello().Caller.Name);
        Assert.AreEqual("demo", client.ListTokens()[0].Label);
        Assert.AreEqual(1, server.Connections);
    }

    [TestMethod]
    public async Task Talks_to_a_server_named_by_its_address()
    {
        await using TestServer server = new TestServer(_certificates.Server(address: IPAddress.Loopback)).Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { Servers = [new("127.0.0.1", server.Port)] });

        Assert.AreEqual("tester", client.Hello().Caller.Name);
    }

    [TestMethod]
    public async Task Refuses_a_server_of_another_CA()
    {
        using TestCertificates other = new();
        await using TestServer server = new TestServer(other.Server(), other.Authority).Start();
        Expect(ClientReason.Untrusted, "csctl trust add", server);
    }

    [TestMethod]
    public async Task Refuses_an_issuer_that_is_no_CA()
    {
        using TestCertificates leafAsIssuer = new(isAuthority: false);
        await using TestServer server = new TestServer(leafAsIssuer.Server()).Start();
        ClientSettings settings = TestSettings.For(leafAsIssuer, server);
        Expect(ClientReason.Untrusted, "isn't a CA's", settings);
    }

    [TestMethod]
    public async Task Refuses_a_certificate_for_another_host()
    {
        await using TestServer server = new TestServer(_certificates.Server("appliance.example")).Start();
        Expect(ClientReason.WrongHost, "appliance.example", server);
    }

    [TestMethod]
    public async Task Refuses_an_address_the_certificate_does_not_name()
    {
        await using TestServer server = new TestServer(_certificates.Server()).Start();
        Expect(
            ClientReason.WrongHost,
            "localhost",
            TestSettings.For(_certificates, server) with { Servers = [new("127.0.0.1", server.Port)] });
    }

    [TestMethod]
    public async Task Refuses_an_expired_certificate()
    {
        await using TestServer server =
            new TestServer(_certificates.Server(age: TimeSpan.FromDays(9), left: TimeSpan.FromDays(-1))).Start();
        Expect(ClientReason.CertificateExpired, "expired on", server);
    }

    [TestMethod]
    public async Task Refuses_a_certificate_of_tomorrow()
    {
        await using TestServer server = new TestServer(_certificates.Server(age: TimeSpan.FromDays(-1))).Start();
        Expect(ClientReason.CertificateExpired, "clock", server);
    }

    [TestMethod]
    public async Task Refuses_a_certificate_for_clients_only()
    {
        await using TestServer server = new TestServer(_certificates.Server(purpose: "1.3.6.1.5.5.7.3.2")).Start();
        Expect(ClientReason.Untrusted, "TLS server", server);
    }

    [TestMethod]
    public async Task Refuses_a_server_without_ALPN()
    {
        await using TestServer server = new(_certificates.Server());
        server.Options.ApplicationProtocols = null;
        Expect(ClientReason.Protocol, "codesign/1", server.Start());
    }

    [TestMethod]
    public async Task Refuses_a_server_of_another_protocol()
    {
        await using TestServer server = new(_certificates.Server());
        server.Options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        Expect(ClientReason.Protocol, "codesign/1", server.Start());
    }

    [TestMethod]
    public async Task Refuses_a_server_of_TLS_1_2()
    {
        await using TestServer server = new(_certificates.Server());
        server.Options.EnabledSslProtocols = SslProtocols.Tls12;
        Expect(ClientReason.Tls, "TLS 1.3", server.Start());
    }

    [TestMethod]
    public void Says_that_the_server_wants_a_certificate()
    {
        using X509Certificate2 certificate = _certificates.Server();
        using OpenSslServer server = new(certificate);
        Expect(ClientReason.Tls, "wants a client certificate", At(server));
    }

    [TestMethod]
    [DataRow("rsa")]
    [DataRow("p256")]
    [DataRow("p384")]
    public async Task Shows_its_certificate_where_it_is_demanded(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm switch
        {
            "rsa" => RSA.Create(2048),
            "p256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            _ => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        };
        using X509Certificate2 certificate = _certificates.Client(key);
        await using TestServer server = new(_certificates.Server());
        string? shown = null;
        server.Options.ClientCertificateRequired = true;
        server.Options.RemoteCertificateValidationCallback = (_, peer, _, _) =>
        {
            shown = peer?.Subject;
            return true;
        };
        server.Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with
        {
            CertificatePem = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()),
            KeyPem = new ClientSecret(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())),
        });

        Assert.AreEqual("tester", client.Hello().Caller.Name);
        Assert.AreEqual("CN=Test client", shown);
    }

    [TestMethod]
    public void Says_that_the_server_refused_its_certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = _certificates.Client(key);
        using X509Certificate2 own = _certificates.Server();
        using OpenSslServer server = new(own);
        Expect(ClientReason.Tls, "refused this client's certificate", At(server) with
        {
            CertificatePem = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()),
            KeyPem = new ClientSecret(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())),
        });
    }

    [TestMethod]
    public async Task A_hello_without_an_answer_is_not_blamed_on_certificates()
    {
        await using TestServer server = new(_certificates.Server());
        server.Options.ClientCertificateRequired = true;
        server.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        server.Answer = _ => throw new IOException("The server is stopped now.");
        Expect(ClientReason.Disconnected, "closed the connection", server.Start());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Any_pinned_CA_of_the_issuers_name_and_key_may_vouch(bool reversed)
    {
        using X509Certificate2 expired = _certificates.AuthorityOfLastYear();
        await using TestServer server = new TestServer(_certificates.Server()).Start();
        string[] pinned = [expired.ExportCertificatePem(), _certificates.AuthorityPem];
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with
        {
            CaPem = Encoding.ASCII.GetBytes(string.Join('\n', reversed ? pinned.Reverse() : pinned)),
        });

        Assert.AreEqual("tester", client.Hello().Caller.Name);

        Expect(ClientReason.CertificateExpired, "expired", TestSettings.For(_certificates, server) with
        {
            CaPem = Encoding.ASCII.GetBytes(pinned[0]),
        });
    }

    [TestMethod]
    public async Task Fetches_the_chain_of_a_server_nobody_trusts_yet()
    {
        await using TestServer server = new(_certificates.Server(), _certificates.Authority);
        server.Answer = request => Task.FromResult<ResponseFrame?>(ResponseFrame.Success(
            request.Correlation, new HelloResponse { Protocol = 1, Authority = ByteString.CopyFrom(_certificates.Authority.RawData) }));
        server.Start();

        IReadOnlyList<ShownCertificate> chain = Trust.Fetch(new ServerAddress("localhost", server.Port), 10_000);

        Assert.HasCount(2, chain);
        Assert.IsFalse(chain[0].IsAuthority);
        Assert.IsTrue(chain[1].IsAuthority);
        string expected = _certificates.Authority.GetCertHashString(HashAlgorithmName.SHA256);
        Assert.IsTrue(Trust.SameFingerprint("sha256:" + expected, chain[1].Fingerprint));
        Assert.AreSequenceEqual([OperationCode.Hello], server.Asked.ToArray());
    }

    private ClientSettings At(OpenSslServer server) =>
        TestSettings.For(_certificates) with { Servers = [new ServerAddress("localhost", server.Port)] };

    private static void Expect(string reason, string words, ClientSettings settings)
    {
        using ApplianceClient client = new(settings);
        ApplianceException refusal = TestSettings.Refused(() => client.Hello());
        Assert.AreEqual(reason, refusal.Reason, refusal.ToString());
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.IsFalse(refusal.IsRefusal);
    }

    private void Expect(string reason, string words, TestServer server) => Expect(reason, words, TestSettings.For(_certificates, server));
}
