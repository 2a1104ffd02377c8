using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Tests;

namespace CodeSign.Store.Tests;

/// <summary>The disk fills up, or can't be written: whoever waits is told, nothing half is kept, and it goes on by itself.</summary>
[TestClass]
public sealed class FaultTests
{
    public required TestContext TestContext { get; init; }

    private CancellationToken Cancel => TestContext.CancellationToken;

    [TestMethod]
    public async Task Survives_a_disk_that_is_full_at_any_write()
    {
        using TemporaryMount mount = TemporaryMount.Make("2m");
        using StoreFolder folder = new(mount.DataFolder);
        await using ApplianceStore store = folder.Create();
        string ballast = Path.Combine(mount.Path, "ballast");
        using SecretBytes secret = SecretBytes.Random(2400);
        int failures = 0;
        int successes = 0;
        int keys = 0;
        for (int freePages = 0; freePages <= 40; freePages++)
        {
            // So many pages are free, then a change of several rows wants to be written: sooner or later within it, the disk is full.
            mount.Fill(ballast, leavePages: freePages);
            AuditHead head = store.Head;
            Snapshot before = store.Current;
            Task<Snapshot> change = store.CommitAsync(
                _ => new StoreChange().Put(StoreFolder.Key("k" + freePages), secret).Put(StoreFolder.Alice).Record(StoreFolder.Event("change")), Cancel);
            Task<Recorded> record = store.RecordAsync(StoreFolder.SignEvent(freePages), before.Generation, null).AsTask();
            await Task.WhenAll(change, record).ContinueWith(_ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);
            foreach (Task task in (Task[])[change, record])
            {
                if (task.Exception?.InnerException is FaultException fault)
                {
                    Assert.AreEqual("store.full", fault.Reason);
                    Assert.AreEqual(CKR.CKR_DEVICE_MEMORY, fault.Status);
                }
                else
                {
                    Assert.IsTrue(task.IsCompletedSuccessfully, task.Exception?.ToString());
                }
            }

            _ = change.IsCompletedSuccessfully ? successes++ : failures++;
            keys += change.IsCompletedSuccessfully ? 1 : 0;
            Assert.HasCount(keys, store.Current.Keys);
            Assert.AreEqual(
                head.Size + (change.IsCompletedSuccessfully ? 1UL : 0) + (record.IsCompletedSuccessfully ? 1UL : 0), store.Head.Size);

            // Space again: it goes on by itself, and what is on the disk is what was acknowledged.
            File.Delete(ballast);
            await store.RecordAsync(StoreFolder.Event("after"), 0, null);
        }

        TestContext.WriteLine($"{failures} changes met the full disk, {successes} did not.");
        Assert.IsGreaterThan(0, failures);
        Assert.IsGreaterThan(0, successes);
        ulong size = store.Head.Size;
        CheckReport report = store.Check(cancel: Cancel);
        Assert.IsTrue(report.Ok, string.Join('\n', report.Findings));
        await store.DisposeAsync();
        await using ApplianceStore again = folder.Open();
        Assert.AreEqual(size, again.Head.Size);
        Assert.HasCount(keys, again.Current.Keys);
    }

    [TestMethod]
    public async Task Everyone_in_a_batch_is_told_of_the_full_disk()
    {
        using TemporaryMount mount = TemporaryMount.Make("2m");
        using StoreFolder folder = new(mount.DataFolder);
        await using ApplianceStore store = folder.Create();
        mount.Fill(Path.Combine(mount.Path, "ballast"), leavePages: 0);
        Task<Recorded>[] records = [.. Enumerable.Range(0, 2000).Select(i => store.RecordAsync(StoreFolder.SignEvent(i), 0, null).AsTask())];
        await Task.WhenAll(records).ContinueWith(_ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);

        int acknowledged = records.Count(record => record.IsCompletedSuccessfully);
        Assert.IsLessThan(2000, acknowledged);
        Assert.AreEqual((ulong)acknowledged, store.Head.Size);
        Assert.IsTrue(records.Where(record => record.IsFaulted).All(record => record.Exception!.InnerException is FaultException { Reason: "store.full" }));

        // A backup onto the full disk fails with one sentence and leaves no file.
        string backup = Path.Combine(mount.Path, "backup");
        Assert.ThrowsExactly<FaultException>(() => store.Backup(backup));
        Assert.IsFalse(File.Exists(backup));
    }

    [TestMethod]
    public async Task A_database_that_became_read_only_is_told_and_writable_again_goes_on()
    {
        using TemporaryMount mount = TemporaryMount.Make("8m");
        using StoreFolder folder = new(mount.DataFolder);
        await using (ApplianceStore store = folder.Create())
        {
            await store.RecordAsync(StoreFolder.Event(), 0, null);
        }

        mount.Remount("ro");
        StoreException e = Assert.ThrowsExactly<StoreException>(folder.Open);
        Assert.Contains("read-only", e.Message);
        mount.Remount("rw");
        await using ApplianceStore again = folder.Open();
        Assert.AreEqual(1UL, again.Head.Size);
    }
}
