using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CodeSign.EndToEnd.Tests.Harness;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests;

/// <summary>
/// The appliance's disk is full, read-only, or the appliance isn't there: whoever wants a signature is told in one sentence, and gets
/// none that isn't on record.
/// </summary>
[TestClass]
public sealed class DiskTests : ApplianceTests
{
    private const ulong DeviceError = 0x30;
    private const ulong DeviceMemory = 0x31;
    private const ulong DeviceRemoved = 0x32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private SmallDisk? _disk;

    private string Trace => Bench.At("trace");

    private protected override ApplianceFolder Up() => ApplianceFolder.Up(_disk?.Path);

    private protected override void Down(ApplianceFolder appliance)
    {
        appliance.Dispose();
        _disk?.Dispose();
    }

    [TestMethod]
    public void A_full_disk_gives_no_signature_and_space_is_enough_to_go_on()
    {
        string[] parts = ["The appliance's disk is full", "free some space"];
        _disk = SmallDisk.InMemory(24);
        Driver driver = Traced(out ulong key);
        int process = Appliance.ProcessId;
        long before = AuditRecord.Export(Appliance)[^1].Seq;
        List<Delivered> delivered = [Sign(driver, key, 0)!];

        _disk.Fill();
        long begun = Stopwatch.GetTimestamp();
        while (Sign(driver, key, DeviceMemory) is { } another)
        {
            // What was allocated before may still take a record or two.
            delivered.Add(another);
            Assert.IsLessThan(Patience, Stopwatch.GetElapsedTime(begun), "the full disk is noticed");
        }
        Assert.IsNull(Sign(driver, key, DeviceMemory));
        Sentence.InTrace(Trace, parts);
        Sentence.Is(SignByCommand(), 1, parts);
        Assert.IsFalse(File.Exists(Bench.At("signature")));

        _disk.Free();
        delivered.Add(Sign(driver, key, 0)!);
        SignByCommand().Succeeds();
        Assert.IsTrue(Directory.Exists($"/proc/{process}"), "the daemon is the same");
        AssertOnRecord(delivered, AuditRecord.Export(Appliance, before + 1), 1);
        Appliance.Daemon($"check").Succeeds();
    }

    [TestMethod]
    public void A_disk_that_fills_up_under_load_delivers_what_is_on_record_and_nothing_else()
    {
        _disk = SmallDisk.InMemory(24);
        Driver driver = Traced(out ulong key);
        long before = AuditRecord.Export(Appliance)[^1].Seq;
        driver.Expect($"load {key} {Harness.Driver.CkmEcdsa:x} 16 0 {Bench.At("load")}", "0");

        // State: 0, in flight, delivered, failed.
        for (int times = 0; times < 3; times++)
        {
            WaitForMore(driver, 2, 200, "signatures go on");
            _disk.Fill();
            WaitForMore(driver, 3, 100, "calls are refused");
            _disk.Free();
        }
        WaitForMore(driver, 2, 200, "signatures go on");
        driver.Ask("stop");

        IReadOnlyList<Delivered> delivered = Delivered.Read(Bench, "load");
        TestContext.WriteLine($"{delivered.Count} signatures delivered.");
        AssertOnRecord(delivered, AuditRecord.Export(Appliance, before + 1), 0);
        Appliance.Daemon($"check").Succeeds();
    }

    [TestMethod]
    public void A_database_that_becomes_read_only_gives_no_signature()
    {
        string[] parts = ["The appliance's database is read-only", "make its file system writable"];
        _disk = SmallDisk.Ext4(64);
        Driver driver = Traced(out ulong key);
        Assert.IsNotNull(Sign(driver, key, 0));

        _disk.Break();
        Assert.IsNull(Sign(driver, key, DeviceError));

        Sentence.InTrace(Trace, parts);
        Sentence.Is(SignByCommand(), 1, parts);
        Assert.IsFalse(File.Exists(Bench.At("signature")));
        Appliance.Kill();
        Sentence.Is(Appliance.Daemon($"run"), 4, "Read-only file system", "see to it that codesignd's user can write it");
    }

    [TestMethod]
    public void An_appliance_that_is_stopped_or_given_a_wrong_passphrase()
    {
        string[] parts = [$"The appliance at {ServerAddress()} can't be reached", "is codesignd running there"];
        Driver driver = Traced(out ulong key);
        Appliance.Down();

        Signature refused = driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest());
        Assert.IsTrue(refused.Result is DeviceError or DeviceRemoved, $"{refused.Result:x}");
        Sentence.InTrace(Trace, parts);
        Sentence.Is(SignByCommand(), 4, parts);

        string wrong = Bench.Write("wrong", "not the passphrase\n");
        foreach (string command in new[] { "run", "check" })
        {
            Sentence.Is(
                Appliance.Daemon($"{command} --passphrase-file {wrong}"), 5, "The passphrase is wrong", "type the one given when the appliance was set up");
        }
        Appliance.Restart();
        Assert.IsTrue(SpinWait.SpinUntil(() => driver.Sign(key, Harness.Driver.CkmEcdsa, RandomDigest()).Result == 0, Patience));
    }

    private Driver Traced(out ulong key)
    {
        // Starts the appliance, so that the bench is set up.
        _ = Appliance;
        Bench.Set("CODESIGN_TRACE", Trace);
        return Driver("p256", out key);
    }

    /// <summary>Either a signature, or the expected refusal and no byte of one.</summary>
    private static Delivered? Sign(Driver driver, ulong key, ulong refusal)
    {
        byte[] digest = RandomDigest();
        Signature signature = driver.Sign(key, Harness.Driver.CkmEcdsa, digest);
        if (signature.Result == 0)
        {
            return new Delivered(digest, signature.Value);
        }
        Assert.AreEqual(refusal, signature.Result, $"{signature.Result:x}");
        Assert.IsEmpty(signature.Value);
        return null;
    }

    private static void WaitForMore(Driver driver, int place, long more, string what)
    {
        long State() => long.Parse(driver.Ask("state").Split(' ')[place], CultureInfo.InvariantCulture);
        long before = State();
        Assert.IsTrue(SpinWait.SpinUntil(() => State() >= before + more, Patience), $"In vain waited until {what}.");
    }

    private ToolRun SignByCommand() => Appliance.Csctl(
        $"sign {Appliance.At("env")} -e demo/p256 --pin-file {Appliance.At("pin")} --out {Bench.At("signature")}");

    /// <summary>Each that was delivered stands in the record once, and no other but those of csctl.</summary>
    private static void AssertOnRecord(IReadOnlyCollection<Delivered> delivered, IReadOnlyList<AuditRecord> records, int others)
    {
        string[] signed = [.. records.Where(record => record.Event is "sign" && record.Outcome is "ok").Select(record => record.SignatureSha256!)];
        HashSet<string> distinct = new(signed, StringComparer.Ordinal);
        Assert.HasCount(signed.Length, distinct);
        Assert.HasCount(delivered.Count + others, distinct);
        foreach (Delivered one in delivered)
        {
            Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(one.Signature)), distinct);
        }
    }
}
