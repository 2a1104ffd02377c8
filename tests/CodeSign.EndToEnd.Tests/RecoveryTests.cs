using System.Globalization;
using System.Security.Cryptography;
using CodeSign.EndToEnd.Tests.Harness;

namespace CodeSign.EndToEnd.Tests;

/// <summary>The server dies, and comes back.</summary>
[TestClass]
public sealed class RecoveryTests : ApplianceTests
{
    private const string Key = "p256";

    // Places in the driver's answer to `state`.
    private const int Delivered = 2;
    private const int Failed = 3;
    private const int Interrupted = 4;

    // eng/soak.sh tells how many, and reads what this test says of them.
    private static int Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGN_KILLS"), CultureInfo.InvariantCulture, out int told) ? told : 20;

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
        Driver driver = Driver(Key, out ulong handle);
        string load = Bench.At("load");
        driver.Expect($"load {handle} {Harness.Driver.CkmEcdsa:x} {Threads} 0 {load}", "0");
        List<int> inFlight = [];
        int interrupting = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            long[] before = State(driver);
            WaitFor(() => State(driver)[Delivered] > before[Delivered] + 50, "signatures go on");
            inFlight.Add(int.Parse(driver.Ask($"kill {Appliance.ProcessId} {InFlightMin}").Split(' ')[1], CultureInfo.InvariantCulture));
            WaitFor(() => State(driver)[Failed] > before[Failed], "a call fails");
            Appliance.Restart();
            interrupting += State(driver)[Interrupted] > before[Interrupted] ? 1 : 0;
        }
        driver.Ask("stop");
        TestContext.WriteLine(
            $"{Kills} kills; calls in flight at each: {string.Join(' ', inFlight)}; {interrupting} kills interrupted a call.");
        Assert.IsGreaterThanOrEqualTo(InFlightMin, inFlight.Min());
        // 15 of 20.
        Assert.IsGreaterThanOrEqualTo(Kills * 3 / 4, interrupting);

        IReadOnlyList<Harness.Delivered> delivered = Harness.Delivered.Read(Bench, "load");
        Assert.IsGreaterThan(50 * Kills, delivered.Count);
        VerifyAgainstRecord(delivered);
        Appliance.Daemon($"check").Succeeds();
    }

    private static long[] State(Driver driver) =>
        [.. driver.Ask("state").Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];

    private static void WaitFor(Func<bool> condition, string what) =>
        Assert.IsTrue(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"In 30 s it did not happen that {what}.");

    private static Signature SignOnceReachable(Driver driver, ulong handle, byte[] digest)
    {
        // The client waits at most one second before it tries the server again.
        Signature last = driver.Sign(handle, Harness.Driver.CkmEcdsa, digest);
        WaitFor(() => last.Result == 0 || (last = driver.Sign(handle, Harness.Driver.CkmEcdsa, digest)).Result == 0, "the client is back");
        return last;
    }

    private void VerifyAgainstRecord(IReadOnlyList<Harness.Delivered> delivered)
    {
        using ECDsa key = PublicKey(Key);
        ILookup<string, AuditRecord> records = AuditRecord.Export(Appliance)
            .Where(record => record.SignatureSha256 is not null)
            .ToLookup(record => record.SignatureSha256!, StringComparer.Ordinal);
        TestContext.WriteLine($"{delivered.Count} signatures delivered, {records.Count} recorded.");
        foreach (Harness.Delivered one in delivered)
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
