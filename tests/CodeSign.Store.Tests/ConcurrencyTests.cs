using System.Net;
using System.Text.Json;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class ConcurrencyTests
{
    private readonly StoreFolder _folder = new();

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Sixty_four_threads_record_without_a_gap_and_share_commits(bool onlyAnswers)
    {
        const int Threads = 64;
        const int Each = 100;
        await using ApplianceStore store = _folder.Create();
        Recorded[][] recorded = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
            async () =>
            {
                Recorded[] mine = new Recorded[Each];
                for (int i = 0; i < Each; i++)
                {
                    mine[i] = await store.RecordAsync(StoreFolder.SignEvent((thread * Each) + i), 0, null, onlyAnswers);
                }

                return mine;
            },
            TestContext.CancellationToken)));

        Recorded[] bySeq = [.. recorded.SelectMany(mine => mine).OrderBy(record => record.Seq)];
        for (int i = 0; i < bySeq.Length; i++)
        {
            Assert.AreEqual((ulong)i, bySeq[i].Seq);
        }

        foreach (Recorded[] mine in recorded)
        {
            Assert.IsTrue(mine.Zip(mine.Skip(1)).All(pair => pair.First.Seq < pair.Second.Seq && pair.First.Time <= pair.Second.Time));
        }

        (long commits, long requests) = store.Written;
        Assert.AreEqual(Threads * Each, requests);
        Assert.IsLessThan(requests / 8, commits, "Records didn't share commits.");

        // What each caller was told is what stands in the log.
        IReadOnlyList<byte[]> leaves = store.ReadLeaves(0, Threads * Each);
        foreach (Recorded record in bySeq)
        {
            using JsonDocument leaf = JsonDocument.Parse(leaves[(int)record.Seq]);
            Assert.AreEqual(record.Written.Request, leaf.RootElement.GetProperty("request").GetString());
            Assert.AreEqual(record.Time, leaf.RootElement.GetProperty("time").GetDateTimeOffset());
        }

        Assert.IsTrue(store.Check(cancel: TestContext.CancellationToken).Ok);
    }

    [TestMethod]
    public async Task A_lone_record_after_many_is_written_though_nobody_joins_it()
    {
        await using ApplianceStore store = _folder.Create();
        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => store.RecordAsync(StoreFolder.SignEvent(i), 0, null).AsTask()));
            Recorded alone = await store.RecordAsync(StoreFolder.Event("alone"), 0, null).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.CancellationToken);
            Assert.AreEqual((ulong)(round * 41) + 40, alone.Seq);
        }
    }

    [TestMethod]
    public async Task Readers_always_see_a_whole_state_while_others_write()
    {
        await using ApplianceStore store = _folder.Create();
        using Appliance.Custody.SecretBytes secret = new("0123456789"u8);
        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Key("k1", 1), secret), TestContext.CancellationToken);
        using CancellationTokenSource done = new();
        Task reading = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    KeyRecord key = store.Current.Keys["k1"];
                    using Appliance.Custody.SecretBytes back = store.OpenSecret(key);
                    Assert.AreEqual(10, back.Length);
                    Assert.IsLessThanOrEqualTo(50, store.ReadLeaves(0, 50).Count);
                }
            },
            TestContext.CancellationToken);
        for (int i = 2; i < 100; i++)
        {
            int generation = i;
            using Appliance.Custody.SecretBytes next = Appliance.Custody.SecretBytes.Random(10);
            await store.CommitAsync(
                _ => new StoreChange().Put(StoreFolder.Key("k1", generation), next).Record(StoreFolder.Event("key.rotate")),
                TestContext.CancellationToken);
        }

        await done.CancelAsync();
        await reading;
    }

    [TestMethod]
    public async Task A_check_and_a_backup_may_run_while_others_write()
    {
        await using ApplianceStore store = _folder.Create();
        Task writing = Task.Run(
            async () =>
            {
                for (int i = 0; i < 300; i++)
                {
                    await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Key("k" + i)).Record(StoreFolder.Event()), TestContext.CancellationToken);
                }
            },
            TestContext.CancellationToken);
        for (int i = 0; !writing.IsCompleted; i++)
        {
            CheckReport report = store.Check(cancel: TestContext.CancellationToken);
            Assert.IsTrue(report.Ok, string.Join('\n', report.Findings));
            string backup = Path.Combine(_folder.Path, "backup" + i);
            Assert.AreEqual(store.Backup(backup), new FileInfo(backup).Length);
            await using ApplianceStore restored = ApplianceStore.Open(backup, _folder.Root, TimeProvider.System);
            Assert.AreEqual((ulong)restored.Current.Keys.Count, restored.Head.Size);
        }

        await writing;
    }

    [TestMethod]
    public async Task A_clock_that_goes_back_does_not_take_the_log_with_it()
    {
        ManualTime time = new(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        using StoreFolder folder = new() { Time = time };
        Recorded first;
        await using (ApplianceStore store = folder.Create())
        {
            first = await store.RecordAsync(StoreFolder.Event(), 0, null);
            time.Now -= TimeSpan.FromHours(1);
            Recorded second = await store.RecordAsync(StoreFolder.Event(), 0, null);
            Assert.AreEqual(first.Time, second.Time);
        }

        await using ApplianceStore again = folder.Open();
        Recorded third = await again.RecordAsync(StoreFolder.Event(), 0, null);
        Assert.AreEqual(first.Time, third.Time);
        time.Now += TimeSpan.FromHours(2);
        Assert.AreEqual(first.Time + TimeSpan.FromHours(1), (await again.RecordAsync(StoreFolder.Event(), 0, null)).Time);
    }

    [TestMethod]
    public async Task Finds_the_first_record_since_a_time()
    {
        ManualTime time = new(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        using StoreFolder folder = new() { Time = time };
        await using ApplianceStore store = folder.Create();
        DateTimeOffset start = time.Now;
        Assert.AreEqual(0UL, store.FirstSeqSince(start));
        for (int i = 0; i < 20; i++)
        {
            await store.RecordAsync(StoreFolder.Event(), 0, null);
            time.Now += TimeSpan.FromSeconds(i % 3);
        }

        Assert.AreEqual(0UL, store.FirstSeqSince(start));
        Assert.AreEqual(20UL, store.FirstSeqSince(time.Now));
        IReadOnlyList<byte[]> leaves = store.ReadLeaves(0, 20);
        DateTimeOffset middle = JsonDocument.Parse(leaves[11]).RootElement.GetProperty("time").GetDateTimeOffset();
        ulong expected = (ulong)leaves.TakeWhile(leaf => JsonDocument.Parse(leaf).RootElement.GetProperty("time").GetDateTimeOffset() < middle).Count();
        Assert.AreEqual(expected, store.FirstSeqSince(middle));
    }

    [TestMethod]
    public async Task Failures_of_strangers_are_one_record_a_minute()
    {
        ManualTime time = new(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        using StoreFolder folder = new() { Time = time };
        await using ApplianceStore store = folder.Create();
        for (int i = 0; i < 500; i++)
        {
            store.CountAnonymousFailure(IPAddress.Parse("192.0.2.1"), "grant.unknown");
        }

        store.CountAnonymousFailure(IPAddress.Parse("192.0.2.2"), "tls.certificate_unknown");
        Assert.AreEqual(0UL, store.Head.Size);
        time.Pass(TimeSpan.FromMinutes(1));
        await StoreFolder.UntilAsync(() => store.Head.Size == 2, TestContext.CancellationToken);

        JsonElement[] leaves = [.. store.ReadLeaves(0, 10).Select(leaf => JsonDocument.Parse(leaf).RootElement)];
        JsonElement first = leaves.Single(leaf => leaf.GetProperty("address").GetString() == "192.0.2.1");
        Assert.AreEqual(500, first.GetProperty("count").GetInt64());
        Assert.AreEqual("grant.unknown", first.GetProperty("reason").GetString());

        // The next minute begins with the next failure; closing doesn't lose what was counted.
        store.CountAnonymousFailure(IPAddress.Parse("192.0.2.1"), "grant.unknown");
        await store.DisposeAsync();
        await using ApplianceStore again = folder.Open();
        Assert.AreEqual(3UL, again.Head.Size);
    }

    [TestMethod]
    [DataRow(1000, 1000)]
    [DataRow(1001, 1001)]
    [DataRow(5000, 1001)]
    public async Task Strangers_beyond_the_limit_are_summed_as_one(int strangers, int records)
    {
        ManualTime time = new(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        using StoreFolder folder = new() { Time = time };
        await using ApplianceStore store = folder.Create();
        for (int i = 0; i < strangers; i++)
        {
            store.CountAnonymousFailure(new IPAddress([10, 0, (byte)(i / 256), (byte)(i % 256)]), "grant.unknown");
        }

        time.Pass(TimeSpan.FromMinutes(1));
        await StoreFolder.UntilAsync(() => store.Head.Size == (ulong)records, TestContext.CancellationToken);
        Assert.AreEqual(strangers, store.ReadLeaves(0, 2000).Sum(leaf => JsonDocument.Parse(leaf).RootElement.GetProperty("count").GetInt64()));
    }

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();
}
