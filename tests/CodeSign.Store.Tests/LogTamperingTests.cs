using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using static CodeSign.Store.Tests.AttackedStore;

namespace CodeSign.Store.Tests;

/// <summary>The parts of a store that are verified when they are used: sealed secrets, and the older part of the log.</summary>
[TestClass]
public sealed class LogTamperingTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task The_segments_of_a_long_log_are_as_well_kept()
    {
        using StoreFolder folder = await FilledAsync(8200);
        foreach (string sql in (string[])
            [
                "UPDATE audit_segments SET root = CAST(substr(root, 1, 31) || x'5a' AS BLOB) WHERE segment = 0",
                "UPDATE audit_segments SET root = CAST(substr(root, 1, 31) || x'5a' AS BLOB) WHERE segment = 1",
                "UPDATE audit_segments SET root = x''",
                "UPDATE audit_segments SET segment = segment + 1 WHERE segment = 1",
                "UPDATE audit_segments SET root = (SELECT root FROM audit_segments o WHERE o.segment = 1 - audit_segments.segment)",
                "DELETE FROM audit_segments WHERE segment = 0",
                "DELETE FROM audit_segments WHERE segment = 1",
                "DELETE FROM audit_segments",
                "INSERT INTO audit_segments SELECT 2, root FROM audit_segments LIMIT 1",
                "DELETE FROM audit WHERE seq >= 4096",
                "DELETE FROM audit WHERE seq >= 4096; DELETE FROM audit_segments WHERE segment = 1; UPDATE audit_head SET size = 4096",
            ])
        {
            await RefusedAsync(folder, sql, sql, TestContext);
        }
    }

    [TestMethod]
    public async Task A_secret_changed_behind_the_running_appliance_is_refused_when_it_is_used()
    {
        using StoreFolder folder = await FilledAsync();
        using StoreFolder older = folder.Copy();
        await using ApplianceStore store = folder.Open();
        KeyRecord key = store.Current.Keys["k1"];
        using SecretBytes next = SecretBytes.Random(40);
        await store.CommitAsync(current => new StoreChange().Put(current.Keys["k1"], next), TestContext.CancellationToken);
        store.OpenSecret(key).Dispose();

        folder.Tamper($"ATTACH '{older.Database}' AS older; UPDATE main.keys SET secret = o.secret FROM older.keys o WHERE o.id = main.keys.id");
        Assert.ThrowsExactly<TamperedException>(() => store.OpenSecret(key));
        folder.Tamper("UPDATE keys SET secret = NULL");
        Assert.ThrowsExactly<TamperedException>(() => store.OpenSecret(key));
        folder.Tamper("DELETE FROM keys");
        Assert.ThrowsExactly<TamperedException>(() => store.OpenSecret(key));
        Assert.IsFalse(store.Check(cancel: TestContext.CancellationToken).Ok);
    }

    [TestMethod]
    public async Task An_old_record_changed_is_refused_when_it_is_read_and_by_a_check()
    {
        using StoreFolder folder = new();
        await using (ApplianceStore store = folder.Create())
        {
            await FillLogAsync(store, 13_000);
        }

        foreach (string sql in (string[])
            [
                "UPDATE audit SET leaf = CAST(replace(leaf, 'alice', 'malice') AS BLOB) WHERE seq = 100",
                "DELETE FROM audit WHERE seq = 100",
                "UPDATE audit SET leaf = (SELECT leaf FROM audit o WHERE o.seq = 201 - audit.seq) WHERE seq IN (100, 101)",
            ])
        {
            using StoreFolder copy = folder.Copy();
            copy.Tamper(sql);
            await using ApplianceStore store = copy.Open(folder);
            CheckReport report = store.Check(cancel: TestContext.CancellationToken);
            Assert.IsFalse(report.Ok, sql);
            Assert.HasCount(1, report.Findings);
            Assert.ThrowsExactly<TamperedException>(() => store.ReadLeaves(100, 1), sql);
            Assert.ThrowsExactly<TamperedException>(() => store.ReadLeaves(0, 200), sql);
            Assert.HasCount(10, store.ReadLeaves(12_990, 1000), sql);
        }

        // The tail is more than one segment: what is refused at the start reaches back at least 4096 records.
        foreach (int seq in (int[])[13_000 - 4097, 12_288, 12_999, 8192])
        {
            using StoreFolder copy = folder.Copy();
            copy.Tamper($"UPDATE audit SET leaf = CAST(replace(leaf, 'alice', 'malice') AS BLOB) WHERE seq = {seq}");
            Assert.ThrowsExactly<TamperedException>(() => copy.Open(folder));
        }

        using StoreFolder segments = folder.Copy();
        segments.Tamper("UPDATE audit_segments SET root = randomblob(32) WHERE segment = 0");
        Assert.ThrowsExactly<TamperedException>(() => segments.Open(folder));
    }

    [TestMethod]
    public async Task Reads_every_leaf_in_pages_of_any_size()
    {
        using StoreFolder folder = new();
        await using ApplianceStore store = folder.Create();
        await FillLogAsync(store, 9000);
        foreach (int page in (int[])[1000, 4096, 4097])
        {
            List<byte[]> leaves = [];
            while (store.ReadLeaves((ulong)leaves.Count, page, bytesMax: 500_000) is { Count: > 0 } more)
            {
                leaves.AddRange(more);
            }

            Assert.HasCount(9000, leaves);
        }

        Assert.HasCount(1, store.ReadLeaves(0, 100, bytesMax: 1));
        Assert.IsEmpty(store.ReadLeaves(9000, 100));
    }
}
