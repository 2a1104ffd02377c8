using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>
/// Something is wrong that a user, or whoever set the machine up, can put right: one sentence says what it is and what to do, from
/// csctl and in the module's trace.
/// </summary>
[TestClass]
public sealed class SentenceTests : ApplianceTests
{
    private const ulong PinIncorrect = 0xa0;
    private const ulong TokenNotPresent = 0xe0;

    private static readonly Lazy<ApplianceFolder> Shared = new(() => ApplianceFolder.Up());

    private string Trace => Bench.At("trace");

    [ClassCleanup]
    public static void Clean()
    {
        if (Shared.IsValueCreated)
        {
            Shared.Value.Dispose();
        }
    }

    private protected override ApplianceFolder Up() => Shared.Value;

    private protected override void Down(ApplianceFolder appliance)
    {
        // All tests of this class share it.
    }

    [TestMethod]
    public void A_wrong_PIN()
    {
        string wrong = Bench.Write("wrong-pin", "31415927\n");
        string[] parts = ["The PIN is wrong", "type yours", "tries are left before it is locked"];

        Driver driver = Traced();
        driver.Expect("initialize", "0");
        driver.Expect($"open {Appliance.TokenLabel}", "0");
        driver.Expect($"login {wrong}", $"{PinIncorrect:x}");
        ToolRun signed = Appliance.Csctl($"sign {wrong} -e demo/p256 --pin-file {wrong} --out {Bench.At("signature")}");

        Sentence.InTrace(Trace, parts);
        Sentence.Is(signed, 5, parts);
        Assert.IsFalse(File.Exists(Bench.At("signature")));
        // The right one sets the count back, for the tests after this one.
        driver.Expect($"login {Appliance.At("pin")}", "0");
    }

    [TestMethod]
    public void A_revoked_grant()
    {
        string[] parts = ["revoked", "csctl login"];
        string grant = Bench.At("grant");
        string id = Appliance.Admin($"grant create --user alice --grant-out {grant} --output json").Succeeds().Output
            .Split('"').First(word => word.Length == 32 && word.All(char.IsAsciiHexDigit));
        Bench.Set("CODESIGN_GRANT_FILE", grant);
        Driver driver = Traced();
        ulong key = driver.Begin(Appliance, "p256");
        Assert.AreEqual(0UL, driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest()).Result);

        Appliance.Admin($"grant revoke {id}").Succeeds();
        Signature refused = driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest());

        Assert.AreNotEqual(0UL, refused.Result);
        Assert.IsEmpty(refused.Value);
        Sentence.InTrace(Trace, parts);
        Sentence.Is(Bench.Run($"{Appliance["CODESIGNCTL"]} --config {Appliance["CODESIGN_CONFIG"]} status"), 5, parts);
    }

    [TestMethod]
    public void An_expired_client_certificate()
    {
        string[] parts = ["client certificate has expired", "renew it"];
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-10), now.AddDays(-1));
        string file = Bench.Write("client.pem", certificate.ExportCertificatePem());
        Appliance.Admin($"user certificate add alice {file}");
        string configuration = Configuration(
            line => line.StartsWith("grant_file", StringComparison.Ordinal) ? "" : line,
            $"certificate = {file}",
            $"key = {Bench.Write("client.key", key.ExportPkcs8PrivateKeyPem())}");

        AssertNoToken(configuration, parts);
        Sentence.Is(Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status"), 5, parts);
    }

    [TestMethod]
    public void An_expired_server_certificate()
    {
        string[] parts = ["A certificate of the server at", "expired on", "must renew it"];
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        CertificateRequest request = new("CN=sign.example.org", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 expired = request.CreateSelfSigned(now.AddDays(-10), now.AddSeconds(-2));
        string certificate = Bench.Write("tls.pem", expired.ExportCertificatePem());
        int port = Workbench.FreePort();
        Bench.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        // Whoever answers: the certificate is looked at before anything is asked.
        Bench.Launch($"openssl s_server -accept 127.0.0.1:{port} -cert {certificate} -key {Bench.At("tls.key")} -tls1_3 -alpn codesign/1 -quiet").Listens(port);
        string configuration = Configuration(line => line.Split(' ')[0] switch
        {
            "server" => $"server = 127.0.0.1:{port}",
            "ca" => $"ca = {certificate}",
            _ => line,
        });

        AssertNoToken(configuration, parts);
        Sentence.Is(Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status"), 7, parts);
    }

    [TestMethod]
    public void A_setting_that_is_none()
    {
        string configuration = Configuration(line => line.Replace("server =", "servr =", StringComparison.Ordinal));
        string[] parts = [$"{configuration}, line ", "'servr' isn't a setting; known are server,"];

        AssertNoToken(configuration, parts);
        Sentence.Is(Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status"), 3, parts);
    }

    [TestMethod]
    public void A_file_that_is_not_there()
    {
        string configuration = Configuration(line => line.StartsWith("ca =", StringComparison.Ordinal) ? "ca = /none/ca.pem" : line);
        string[] parts = ["/none/ca.pem", "csctl"];

        AssertNoToken(configuration, parts);
        Sentence.Is(Bench.Run($"{Appliance["CODESIGNCTL"]} --config {configuration} status"), 3, parts);
    }

    [TestMethod]
    public void A_wrong_passphrase_of_a_key_file()
    {
        Bench.Run($"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {Bench.At("key")}").Succeeds();
        Bench.Run($"openssl pkcs8 -topk8 -in {Bench.At("key")} -out {Bench.At("encrypted")} -passout pass:right").Succeeds();

        ToolRun run = Appliance.Admin(
            $"environment create demo/imported --import {Bench.At("encrypted")} --passphrase-file {Bench.Write("wrong", "wrong\n")}");

        Sentence.Is(run, 5, "The passphrase is not the one the file was made with", "give the passphrase of its export");
    }

    /// <summary>A process with the module, which writes a trace.</summary>
    private Driver Traced()
    {
        Bench.Set("CODESIGN_CONFIG", Appliance["CODESIGN_CONFIG"]).Set("CODESIGN_TRACE", Trace);
        return new Driver(Bench, Appliance.Module);
    }

    private void AssertNoToken(string configuration, string[] parts)
    {
        Driver driver = Traced(configuration);
        driver.Expect("initialize", "0");
        driver.Expect($"open {Appliance.TokenLabel}", $"{TokenNotPresent:x}");
        Sentence.InTrace(Trace, parts);
    }

    private Driver Traced(string configuration)
    {
        Bench.Set("CODESIGN_CONFIG", configuration).Set("CODESIGN_TRACE", Trace);
        return new Driver(Bench, Appliance.Module);
    }

    /// <summary>Alice's configuration with other lines; its files are named whole.</summary>
    private string Configuration(Func<string, string> change, params string[] more)
    {
        string folder = Path.GetDirectoryName(Appliance["CODESIGN_CONFIG"])!;
        IEnumerable<string> lines = File.ReadLines(Appliance["CODESIGN_CONFIG"])
            .Select(line => line.Split(" = ") is ["ca" or "grant_file", string file] ? $"{line.Split(' ')[0]} = {Path.Combine(folder, file)}" : line)
            .Select(change);
        return Bench.Write("client.conf", string.Join('\n', [.. lines, .. more]) + "\n");
    }
}
