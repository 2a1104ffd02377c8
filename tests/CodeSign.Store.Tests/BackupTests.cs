using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class BackupTests
{
    private readonly StoreFolder _folder = new();

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task A_backup_opens_elsewhere_with_the_same_seal()
    {
        using SecretBytes secret = new("a private key"u8);
        using StoreFolder elsewhere = new();
        await using (ApplianceStore store = _folder.Create())
        {
            await store.CommitAsync(
                _ => new StoreChange().Put(StoreFolder.Key("k1"), secret).Record(StoreFolder.Event()), TestContext.CancellationToken);
            long bytes = store.Backup(elsewhere.Database);
            Assert.AreEqual(bytes, new FileInfo(elsewhere.Database).Length);
            await store.RecordAsync(StoreFolder.Event("later"), 0, null);
        }

        await using ApplianceStore restored = elsewhere.Open(_folder);
        Assert.AreEqual(1UL, restored.Head.Size);
        using SecretBytes back = restored.OpenSecret(restored.Current.Keys["k1"]);
        Assert.IsTrue(back.FixedTimeEquals("a private key"u8));
        Assert.IsTrue(restored.Check(cancel: TestContext.CancellationToken).Ok);
        await restored.RecordAsync(StoreFolder.Event("goes on"), 0, null);
    }

    [TestMethod]
    public async Task Refuses_an_existing_file_a_missing_folder_and_what_is_no_path()
    {
        await using ApplianceStore store = _folder.Create();
        string existing = Path.Combine(_folder.Path, "existing");
        await File.WriteAllTextAsync(existing, "precious", TestContext.CancellationToken);
        FaultException e = Assert.ThrowsExactly<FaultException>(() => store.Backup(existing));
        Assert.AreEqual("backup.exists", e.Reason);
        Assert.AreEqual("precious", await File.ReadAllTextAsync(existing, TestContext.CancellationToken));
        e = Assert.ThrowsExactly<FaultException>(() => store.Backup("/nowhere/backup"));
        Assert.AreEqual("backup.path", e.Reason);
        e = Assert.ThrowsExactly<FaultException>(() => store.Backup("/tmp/a\0b"));
        Assert.AreEqual("backup.path", e.Reason);
    }

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();
}
