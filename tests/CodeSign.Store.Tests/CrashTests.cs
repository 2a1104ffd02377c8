using System.Collections.Concurrent;
using System.Text.Json;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Store.Tests;

/// <summary>The process ends anywhere: what was acknowledged is there, nothing else is half there.</summary>
[TestClass]
public sealed class CrashTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task Whatever_moment_the_process_ends_at_what_was_acknowledged_is_there()
    {
        // A killed process leaves the files as they are at that moment: so they are copied, at any moment, while others write.
        using StoreFolder folder = new();
        await using ApplianceStore store = folder.Create();
        using CancellationTokenSource done = new();
        ConcurrentDictionary<ulong, string> acknowledged = [];
        long changes = 0;
        Task[] writers =
        [
            .. Enumerable.Range(0, 8).Select(thread => Task.Run(
                async () =>
                {
                    for (int i = 0; !done.IsCancellationRequested; i++)
                    {
                        AuditEvent e = StoreFolder.SignEvent((thread * 1_000_000) + i);
                        acknowledged[(await store.RecordAsync(e, 0, null)).Seq] = e.Request!;
                    }
                },
                TestContext.CancellationToken)),
            Task.Run(
                async () =>
                {
                    while (!done.IsCancellationRequested)
                    {
                        Snapshot after = await store.CommitAsync(
                            current => new StoreChange().Put(StoreFolder.Pin with { Failures = (int)current.Generation + 1 }),
                            TestContext.CancellationToken);
                        Interlocked.Exchange(ref changes, after.Generation);
                    }
                },
                TestContext.CancellationToken),
        ];
        for (int round = 0; round < 15; round++)
        {
            int target = acknowledged.Count + 200;
            await StoreFolder.UntilAsync(() => acknowledged.Count >= target, TestContext.CancellationToken);
            KeyValuePair<ulong, string>[] known = acknowledged.ToArray(); // its own method: a snapshot, which a spread is not
            long generation = Interlocked.Read(ref changes);
            using StoreFolder copy = new();

            // Copying takes longer than a crash. A reader keeps the write-ahead log from being started anew meanwhile, so that what a
            // checkpoint moves is still in it.
            using Database pin = Database.Open(folder.Database);
            pin.Execute("BEGIN");
            pin.QueryNumber("SELECT count(*) FROM meta");
            foreach (string file in (string[])["codesign.db", "codesign.db-wal"])
            {
                File.Copy(Path.Combine(folder.Path, file), Path.Combine(copy.Path, file));
            }

            pin.Execute("COMMIT");
            await using ApplianceStore recovered = copy.Open(folder);
            Assert.IsGreaterThanOrEqualTo(generation, recovered.Current.Generation);
            Assert.AreEqual(recovered.Current.Generation, recovered.Current.Pins.Values.Single().Failures);
            IReadOnlyList<byte[]> leaves = recovered.ReadLeaves(0, int.MaxValue);
            foreach ((ulong seq, string request) in known)
            {
                using JsonDocument leaf = JsonDocument.Parse(leaves[(int)seq]);
                Assert.AreEqual(request, leaf.RootElement.GetProperty("request").GetString());
            }

            CheckReport report = recovered.Check(cancel: TestContext.CancellationToken);
            Assert.IsTrue(report.Ok, string.Join('\n', report.Findings));

            // And it goes on from there.
            await recovered.RecordAsync(StoreFolder.Event("after"), 0, null);
        }

        await done.CancelAsync();
        await Task.WhenAll(writers);
        TestContext.WriteLine($"{acknowledged.Count} records, {changes} changes, 15 crashes.");
    }

    [TestMethod]
    public async Task A_making_that_was_interrupted_is_told()
    {
        using StoreFolder folder = new();
        await File.WriteAllBytesAsync(folder.Database, [], TestContext.CancellationToken);
        using RootKey root = RootKey.Create();
        StoreException e = Assert.ThrowsExactly<StoreException>(() => ApplianceStore.Open(folder.Database, root, TimeProvider.System));
        Assert.Contains("interrupted", e.Message);
    }
}
