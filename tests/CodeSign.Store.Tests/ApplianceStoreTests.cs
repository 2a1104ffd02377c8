using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class ApplianceStoreTests
{
    private readonly StoreFolder _folder = new();

    public required TestContext TestContext { get; init; }

    private CancellationToken Cancel => TestContext.CancellationToken;

    [TestMethod]
    public async Task What_was_committed_is_there_after_a_restart()
    {
        using SecretBytes pkcs8 = new("a private key"u8);
        string id;
        await using (ApplianceStore store = _folder.Create())
        {
            id = store.ApplianceId;
            Snapshot after = await store.CommitAsync(
                _ => new StoreChange().Put(StoreFolder.Alice).Put(StoreFolder.Pin).Put(StoreFolder.Key("k1"), pkcs8).Record(StoreFolder.Event("key.create")), Cancel);
            Assert.AreEqual(1, after.Generation);
            Assert.AreEqual(1UL, store.Head.Size);
        }

        await using ApplianceStore again = _folder.Open();
        Assert.AreEqual(id, again.ApplianceId);
        Assert.AreEqual(1, again.Current.Generation);
        Identity alice = again.Current.Identities["a1"];
        Assert.AreEqual("alice", alice.Name);
        Assert.IsTrue(alice.Enabled);
        Assert.AreEqual(2, again.Current.Pins.Values.Single().Failures);
        Assert.AreEqual(ApplianceRole.Administrator, alice.Roles.Single());
        Assert.HasCount(2, again.Current.Keys["k1"].Chain);
        using SecretBytes back = again.OpenSecret(again.Current.Keys["k1"]);
        Assert.IsTrue(back.FixedTimeEquals("a private key"u8));
        Assert.IsTrue(again.Check(cancel: Cancel).Ok);
    }

    [TestMethod]
    public async Task A_changed_entity_keeps_its_secret_and_a_removed_one_loses_it()
    {
        using SecretBytes secret = new("s"u8);
        await using ApplianceStore store = _folder.Create();
        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Key("k1"), secret), Cancel);
        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Key("k1", generation: 2)), Cancel);
        using (SecretBytes back = store.OpenSecret(store.Current.Keys["k1"]))
        {
            Assert.IsTrue(back.FixedTimeEquals("s"u8));
        }

        await store.CommitAsync(_ => new StoreChange().PutWithoutSecret(StoreFolder.Key("k1", generation: 3)), Cancel);
        Assert.IsFalse(store.HasSecret(StoreFolder.Key("k1")));
        Assert.ThrowsExactly<InvalidOperationException>(() => store.OpenSecret(StoreFolder.Key("k1")));

        await store.CommitAsync(current => new StoreChange().Remove(current.Keys["k1"]), Cancel);
        Assert.IsEmpty(store.Current.Keys);
        await store.DisposeAsync();
        await using ApplianceStore again = _folder.Open();
        Assert.IsEmpty(again.Current.Keys);
        Assert.AreEqual(4, again.Current.Generation);
    }

    [TestMethod]
    public async Task What_build_throws_goes_to_the_caller_and_nothing_is_written()
    {
        await using ApplianceStore store = _folder.Create();
        FaultException e = await Assert.ThrowsExactlyAsync<FaultException>(() => store.CommitAsync(
            _ => throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "name.taken", "Taken."), Cancel));
        Assert.AreEqual("name.taken", e.Reason);
        Assert.AreEqual(0, store.Current.Generation);
        Assert.AreEqual(0UL, store.Head.Size);
    }

    [TestMethod]
    public async Task A_cancelled_change_is_not_made()
    {
        await using ApplianceStore store = _folder.Create();
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Alice), new CancellationToken(canceled: true)));
        Assert.IsEmpty(store.Current.Identities);
    }

    [TestMethod]
    public async Task A_change_is_built_on_the_one_before_it()
    {
        await using ApplianceStore store = _folder.Create();
        Pin pin = StoreFolder.Pin with { Failures = 0 };
        await store.CommitAsync(_ => new StoreChange().Put(pin), Cancel);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => store.CommitAsync(
            current => new StoreChange().Put(current.Pins[pin.Id] with { Failures = current.Pins[pin.Id].Failures + 1 }), Cancel)));
        Assert.AreEqual(200, store.Current.Pins[pin.Id].Failures);
        Assert.AreEqual(201, store.Current.Generation);
    }

    [TestMethod]
    public async Task A_record_decided_on_an_older_state_is_reconsidered()
    {
        await using ApplianceStore store = _folder.Create();
        Recorded kept = await store.RecordAsync(StoreFolder.Event(), store.Current.Generation, _ => throw new InvalidOperationException());
        Assert.AreEqual("sign", kept.Written.Event);

        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Alice), Cancel);
        Recorded again = await store.RecordAsync(StoreFolder.Event(), 0, latest => latest.Identities.Count == 1 ? null : throw new InvalidOperationException());
        Assert.AreEqual("sign", again.Written.Event);
        Recorded replaced = await store.RecordAsync(StoreFolder.Event(), 0, _ => StoreFolder.Event("sign.refused", "refused"));
        Assert.AreEqual("sign.refused", replaced.Written.Event);
        Assert.AreEqual(2UL, replaced.Seq);

        FaultException e = await Assert.ThrowsExactlyAsync<FaultException>(() => store.RecordAsync(
            StoreFolder.Event(), 0, _ => throw new FaultException(CKR.CKR_GENERAL_ERROR, "x", "X.")).AsTask());
        Assert.AreEqual("x", e.Reason);
        Assert.AreEqual(3UL, store.Head.Size);
        string[] events = [.. store.ReadLeaves(0, 10).Select(leaf => JsonDocument.Parse(leaf).RootElement.GetProperty("event").GetString()!)];
        Assert.AreSequenceEqual(new[] { "sign", "sign", "sign.refused" }, events);
    }

    [TestMethod]
    public async Task Refuses_to_make_a_database_over_another_file()
    {
        await using (_folder.Create())
        {
        }

        StoreException e = Assert.ThrowsExactly<StoreException>(_folder.Create);
        Assert.Contains("exists already", e.Message);
    }

    [TestMethod]
    public void A_missing_empty_or_foreign_file_is_told_in_one_sentence()
    {
        StoreException e = Assert.ThrowsExactly<StoreException>(() => ApplianceStore.ReadSeal(_folder.Database));
        Assert.Contains("doesn't exist", e.Message);
        File.WriteAllBytes(_folder.Database, []);
        e = Assert.ThrowsExactly<StoreException>(() => ApplianceStore.ReadSeal(_folder.Database));
        Assert.Contains("interrupted", e.Message);
        File.WriteAllBytes(_folder.Database, RandomNumberGenerator.GetBytes(8192));
        Assert.ThrowsExactly<TamperedException>(() => ApplianceStore.ReadSeal(_folder.Database));
    }

    [TestMethod]
    public async Task Only_the_owner_may_read_the_files()
    {
        await using ApplianceStore store = _folder.Create();
        await store.RecordAsync(StoreFolder.Event(), 0, null);
        store.Backup(Path.Combine(_folder.Path, "backup"));
        string[] files = Directory.GetFiles(_folder.Path);
        Assert.HasCount(4, files);
        foreach (string file in files)
        {
            Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file), file);
        }
    }

    [TestMethod]
    public async Task A_wrong_root_key_opens_nothing()
    {
        await using (_folder.Create())
        {
        }

        using RootKey other = RootKey.Create();
        Assert.ThrowsExactly<TamperedException>(() => ApplianceStore.Open(_folder.Database, other, TimeProvider.System));
    }

    [TestMethod]
    public async Task No_plaintext_of_a_secret_reaches_the_disk()
    {
        byte[] needle = RandomNumberGenerator.GetBytes(48);
        using SecretBytes secret = new(needle);
        await using ApplianceStore store = _folder.Create();
        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Key("k1"), secret), Cancel);
        await store.CommitAsync(_ => new StoreChange().Put(StoreFolder.Alice with { Name = "planted-copy" }), Cancel);
        store.Backup(Path.Combine(_folder.Path, "backup"));

        bool planted = false;
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            byte[] bytes = ReadShared(file);
            planted |= bytes.AsSpan().IndexOf("planted-copy"u8) >= 0;
            Assert.AreEqual(-1, bytes.AsSpan().IndexOf(needle.AsSpan(8, 16)), file);
            Assert.AreEqual(-1, bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(needle)[..32])), file);
        }

        Assert.IsTrue(planted, "The search finds nothing at all.");
    }

    [TestMethod]
    public async Task After_it_is_closed_it_says_so()
    {
        ApplianceStore store = _folder.Create();
        await store.DisposeAsync();
        await store.DisposeAsync();
        FaultException e = await Assert.ThrowsExactlyAsync<FaultException>(
            async () => await store.RecordAsync(StoreFolder.Event(), 0, null));
        Assert.AreEqual("store.closed", e.Reason);
    }

    [TestMethod]
    public async Task What_was_queued_is_written_before_it_closes()
    {
        ApplianceStore store = _folder.Create();
        Task<Recorded>[] records = [.. Enumerable.Range(0, 1000).Select(i => store.RecordAsync(StoreFolder.SignEvent(i), 0, null).AsTask())];
        await store.DisposeAsync();
        Assert.AreEqual(999UL, (await Task.WhenAll(records)).Max(record => record.Seq));
        await using ApplianceStore again = _folder.Open();
        Assert.AreEqual(1000UL, again.Head.Size);
    }

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    private static byte[] ReadShared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
