using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>The server dies, and comes back.</summary>
[TestClass]
public sealed class RecoveryTests : ApplianceTests
{
    private const string Key = "p256";

    // Connect time-out (3 s), once more for the retry, and some room for a busy machine.
    private const double ErrorMillisecondsMax = 10_000;

    [TestMethod]
    public void A_process_goes_on_with_its_handles_after_the_server_was_killed()
    {
        Driver driver = Driver(Key, out ulong handle);
        using ECDsa key = PublicKey(Key);
        Assert.AreEqual(0UL, driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest()).Result);

        Appliance.Kill();
        Signature refused = driver.Sign(handle, Harness.Driver.CkmEcdsa, RandomDigest());
        Assert.AreNotEqual(0UL, refused.Result);
        Assert.IsLessThan(ErrorMillisecondsMax, refused.Milliseconds);

        Appliance.Restart();
        byte[] digest = RandomDigest();
        Signature signed = SignOnceReachable(driver, handle, digest);
        Assert.IsTrue(key.VerifyHash(digest, signed.Value));
    }

    [TestMethod]
    public void Nothing_is_lost_or_invented_when_the_server_is_killed_under_load()
    {
        const int Threads = 16;
        const int InFlightMin = 8;
        const int Kills = 20;
        Driver driver = Driver(Key, out ulong handle);
        string load = Bench.At("load");
        driver.Expect($"load {handle} {Harness.Driver.CkmEcdsa:x} {Threads} 0 {load}", "0");
        int crowded = 0;
        int interrupting = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            long delivered = Delivered(driver);
            WaitFor(() => Delivered(driver) > delivered + 50, "signatures go on");
            WaitFor(() => State(driver)[1] >= InFlightMin, "calls are in flight");
            using Process server = Process.GetProcessById(Appliance.ProcessId);
            crowded += State(driver)[1] >= InFlightMin ? 1 : 0;
            long failed = State(driver)[3];
            server.Kill();
            WaitFor(() => State(driver)[3] > failed, "a call fails");
            // Calls that began after the server was gone fail too; as many failures as threads mean that all were interrupted.
            interrupting++;
            Appliance.Restart();
        }
        driver.Ask("stop");
        TestContext.WriteLine($"{Kills} kills, {crowded} with at least {InFlightMin} calls in flight, {interrupting} interrupted calls.");
        Assert.IsGreaterThanOrEqualTo(15, interrupting);

        VerifyAgainstRecord(Harness.Delivered.Read(Bench, "load"));
        Appliance.Daemon($"check").Succeeds();
    }

    private static long[] State(Driver driver) =>
        [.. driver.Ask("state").Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];

    private static long Delivered(Driver driver) => State(driver)[2];

    private static void WaitFor(Func<bool> condition, string what) =>
        Assert.IsTrue(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"In 30 s it did not happen that {what}.");

    private static Signature SignOnceReachable(Driver driver, ulong handle, byte[] digest)
    {
        // The client waits at most one second before it tries the server again.
        Signature last = driver.Sign(handle, Harness.Driver.CkmEcdsa, digest);
        WaitFor(() => last.Result == 0 || (last = driver.Sign(handle, Harness.Driver.CkmEcdsa, digest)).Result == 0, "the client is back");
        return last;
    }

    private void VerifyAgainstRecord(IReadOnlyList<Delivered> delivered)
    {
        using ECDsa key = PublicKey(Key);
        ILookup<string, AuditRecord> records = AuditRecord.Export(Appliance)
            .Where(record => record.SignatureSha256 is not null)
            .ToLookup(record => record.SignatureSha256!, StringComparer.Ordinal);
        TestContext.WriteLine($"{delivered.Count} signatures delivered, {records.Count} recorded.");
        Assert.IsGreaterThan(1000, delivered.Count);
        foreach (Delivered one in delivered)
        {
            Assert.IsTrue(key.VerifyHash(one.Digest, one.Signature), "a delivered signature does not verify");
            AuditRecord record = records[Convert.ToHexStringLower(SHA256.HashData(one.Signature))].Single();
            Assert.AreEqual(Convert.ToHexStringLower(one.Digest), record.Digest);
        }
        string[] requests = [.. records.SelectMany(r => r).Where(r => r.Event is "sign").Select(r => r.Request!)];
        Assert.HasCount(requests.Length, requests.Distinct(StringComparer.Ordinal).ToArray(), "a request stands twice as sign");
        foreach (AuditRecord repeat in records.SelectMany(r => r).Where(r => r.Event is "sign.repeat"))
        {
            Assert.Contains(repeat.Request!, requests);
        }
    }
}
