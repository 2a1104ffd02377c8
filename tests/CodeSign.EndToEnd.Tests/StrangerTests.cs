using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>
/// Strangers at the port and an HSM that sleeps keep nobody else from signing. What they cost others in time and memory is measured by
/// eng/strangers.sh.
/// </summary>
[TestClass]
public sealed class StrangerTests : ApplianceTests
{
    private const int Signatures = 200;
    private const ulong FunctionFailed = 0x06;
    private const ulong DeviceError = 0x30;

    [TestMethod]
    public void Whoever_misbehaves_at_the_port_others_are_served()
    {
        const int Idle = 100;
        string certificate = Stranger();
        Driver driver = Driver("p256", out ulong key);
        int process = Appliance.ProcessId;
        Dictionary<string, BackgroundTool> strangers = [];
        foreach (string kind in new[] { "idle", "unfinished", "garbage", "truncated", "oversized", "slow" })
        {
            int count = kind is "idle" or "unfinished" ? Idle : 5;
            strangers[kind] = Bench.Launch(
                $"python3 {Repository.PathOf("eng/bench/strangers.py")} {kind} {count} {ServerAddress()} {certificate} {Bench.At("stranger.key")}");
        }
        foreach (BackgroundTool stranger in strangers.Values)
        {
            stranger.Says("ready");
        }

        for (int i = 0; i < Signatures; i++)
        {
            Assert.AreEqual(0UL, driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        }
        ToolRun newcomer = Appliance.Csctl($"status");

        newcomer.Succeeds();
        strangers["idle"].Write("\n");
        strangers["idle"].Says($"open {Idle}");
        Appliance.Admin($"status").Succeeds();
        Assert.IsTrue(Directory.Exists($"/proc/{process}"), "the daemon is the same");
        string log = File.ReadAllText(Appliance.At("codesignd.log"));
        Assert.DoesNotContain(" ERR ", log);
        Assert.DoesNotContain(" FTL ", log);
        Appliance.Daemon($"check").Succeeds();
    }

    [TestMethod]
    public void An_HSM_that_sleeps_keeps_no_software_key_waiting()
    {
        string sleep = Bench.At("sleep");
        UseSleepingHsm(sleep);
        Driver hsm = Driver("hsm-p256", out ulong hsmKey);
        Assert.AreEqual(0UL, hsm.Sign(hsmKey, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        Driver driver = Driver("p256", out ulong key);

        File.WriteAllText(sleep, "");
        hsm.Expect($"load {hsmKey} {Harness.Driver.CkmEcdsa:x} 16 1 {Bench.At("hsm")}", "0");
        Assert.IsTrue(SpinWait.SpinUntil(() => InFlight(hsm) == 16, TimeSpan.FromSeconds(10)), "all wait for the HSM");
        int signed = 0;
        for (; signed < Signatures && InFlight(hsm) == 16; signed++)
        {
            Assert.AreEqual(0UL, driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest()).Result);
        }

        // On a busy machine the HSM's deadline may come first.
        Assert.IsGreaterThan(Signatures / 10, signed, "signed while all wait for the HSM");

        // Whoever waits is told after the deadline, though the device hasn't answered.
        Assert.AreEqual("0 0 16", hsm.Ask("join").Trim(), "signed, failed");
        Signature refused = hsm.Sign(hsmKey, Harness.Driver.CkmEcdsa, RandomDigest());
        Assert.IsTrue(refused.Result is FunctionFailed or DeviceError, $"{refused.Result:x}");
        Assert.IsEmpty(refused.Value);

        File.Delete(sleep);
        Assert.IsTrue(
            SpinWait.SpinUntil(() => hsm.Sign(hsmKey, Harness.Driver.CkmEcdsa, RandomDigest()).Result == 0, TimeSpan.FromSeconds(30)),
            "the HSM is awake, and used again");
    }

    private static int InFlight(Driver driver) =>
        int.Parse(driver.Ask("state").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A user without a role, with a client certificate. Its file.</summary>
    private string Stranger()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Bench.Write("stranger.key", key.ExportPkcs8PrivateKeyPem());
        string file = Bench.Write("stranger.pem", certificate.ExportCertificatePem());
        Appliance.Admin($"user create stranger --no-password").Succeeds();
        Appliance.Admin($"user certificate add stranger {file}").Succeeds();
        return file;
    }

    private void UseSleepingHsm(string sleep)
    {
        const string SoftHsm = "/usr/lib/softhsm/libsofthsm2.so";
        string library = Bench.At("sleeping-hsm.so");
        Bench.Run(
            $"gcc -shared -fPIC -O1 -Wall -Wextra -Werror -DHSM_LIBRARY=\"{SoftHsm}\" -DSLEEP_WHILE=\"{sleep}\" -o {library} {Repository.PathOf("eng/bench/sleeping-hsm.c")} -ldl")
            .Succeeds();
        string file = Appliance.At("data/codesignd.conf");
        // The HSM's section is the last one.
        string[] lines = [.. File.ReadLines(file).Select(line => line.Replace(SoftHsm, library, StringComparison.Ordinal)), "deadline_seconds = 5"];
        File.WriteAllLines(file, lines);
        Appliance.Restart();
    }
}
