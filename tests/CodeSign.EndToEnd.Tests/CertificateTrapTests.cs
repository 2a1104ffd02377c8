using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.EndToEnd.Tests.Harness;

namespace CodeSign.EndToEnd.Tests;

/// <summary>No certificate that somebody shows, registers or imports makes appliance or clients ask an address named in it.</summary>
[TestClass]
public sealed class CertificateTrapTests : ApplianceTests
{
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [TestMethod]
    public void A_client_certificate_leads_nobody_away()
    {
        using Trap trap = new();
        using X509Certificate2 issuer = Trap.NewIssuer(_issuerKey);
        using X509Certificate2 certificate = trap.Certify(_key, "CN=alice", issuer);
        string file = Bench.Write("client.pem", certificate.ExportCertificatePem());
        string keyFile = Bench.Write("client.key", _key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Appliance.Admin($"user certificate add alice {file}").Succeeds();
        string configuration = Bench.Write(
            "client.conf",
            $"server = {ServerAddress()}\nca = {Appliance.At("data/ca.pem")}\ncertificate = {file}\nkey = {keyFile}\n");

        Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status").Succeeds().Says("alice");
        Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} doctor --module {Appliance.Module}").Succeeds().Says("by certificate");
        Bench.Set("CODESIGN_CONFIG", configuration);
        Driver driver = Driver("p256", out ulong handle);
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);

        Assert.AreEqual(0, trap.Seen);
        trap.ProveThatItSees();
    }

    [TestMethod]
    public void A_signing_certificate_leads_nobody_away()
    {
        using Trap trap = new();
        using X509Certificate2 issuer = Trap.NewIssuer(_issuerKey);
        using ECDsa signing = PublicKey("p256");
        using X509Certificate2 certificate = trap.Certify(signing, "CN=Example Ltd", issuer);
        using X509Certificate2 imported = trap.Certify(_key, "CN=Imported Ltd", issuer);
        using X509Certificate2 withKey = imported.CopyWithPrivateKey(_key);

        Appliance.Admin($"certificate import demo/p256 {Bench.Write("chain.pem", certificate.ExportCertificatePem())}").Succeeds();
        Appliance.Admin(
            $"environment create demo/imported --import {Bench.Write("p12", withKey.Export(X509ContentType.Pkcs12, "secret"))} --passphrase-file {Bench.Write("secret", "secret\n")}")
            .Succeeds();
        Appliance.Restart();
        Driver driver = Driver("imported", out ulong handle);
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);

        Assert.AreEqual(0, trap.Seen);
        trap.ProveThatItSees();
    }

    [TestMethod]
    public void A_server_certificate_leads_nobody_away()
    {
        using Trap trap = new();
        using X509Certificate2 issuer = Trap.NewIssuer(_issuerKey);
        using X509Certificate2 certificate = trap.Certify(_key, "CN=sign.example.org", issuer);
        string[] old = File.ReadAllLines(Appliance.At("data/codesignd.conf"));
        File.WriteAllLines(
            Appliance.At("data/codesignd.conf"),
            [
                $"tls_certificate = {Bench.Write("tls.pem", certificate.ExportCertificatePem())}",
                $"tls_key = {Bench.Write("tls.key", _key.ExportPkcs8PrivateKeyPem())}",
                .. old,
            ]);
        string address = ServerAddress();
        Appliance.Down();
        _ = Bench.Launch($"{Appliance["CODESIGND"]} run --data {Appliance["CODESIGN_DATA"]}").Says("is ready");
        string ca = Bench.Write("ca.pem", issuer.ExportCertificatePem());
        string configuration = Bench.Write(
            "client.conf", $"server = {address}\nca = {ca}\ngrant_file = {Appliance.At("alice/client.grant")}\n");

        Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status").Succeeds();
        Bench.Set("CODESIGN_CONFIG", configuration);
        Driver driver = Driver("p256", out ulong handle);
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);

        Assert.AreEqual(0, trap.Seen);
        trap.ProveThatItSees();
    }
}
