using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Verification;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class MigrationTests
{
    private const string NextScript = "CREATE TABLE later (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;";

    private readonly StoreFolder _folder = new();

    public required TestContext TestContext { get; init; }

    private static Migrations Next => new([.. Scripts(), NextScript]);

    [TestMethod]
    public async Task A_newer_version_migrates_an_older_database_and_the_older_version_leaves_it_alone_then()
    {
        using SecretBytes secret = new("a private key"u8);
        await using (ApplianceStore store = _folder.Create())
        {
            await store.CommitAsync(
                _ => new StoreChange().Put(StoreFolder.Key("k1"), secret).Record(StoreFolder.Event()), TestContext.CancellationToken);
        }

        for (int round = 0; round < 2; round++)
        {
            await using ApplianceStore migrated = new(OpenedStore.Open(_folder.Database, _folder.Root, Next), _folder.Root, TimeProvider.System);
            Assert.HasCount(1, migrated.Current.Keys);
            Assert.AreEqual(1UL + (ulong)round, migrated.Head.Size);
            using SecretBytes back = migrated.OpenSecret(migrated.Current.Keys["k1"]);
            Assert.IsTrue(back.FixedTimeEquals("a private key"u8));
            await migrated.RecordAsync(StoreFolder.Event(), 0, null);
            Assert.IsTrue(migrated.Check(cancel: TestContext.CancellationToken).Ok);
        }

        StoreException e = Assert.ThrowsExactly<StoreException>(_folder.Open);
        Assert.Contains("newer version", e.Message);
    }

    [TestMethod]
    public async Task A_database_changed_by_hand_is_not_migrated()
    {
        await using (_folder.Create())
        {
        }

        _folder.Tamper("UPDATE manifest SET generation = generation + 1");
        Assert.ThrowsExactly<TamperedException>(() => OpenedStore.Open(_folder.Database, _folder.Root, Next));
        Assert.AreEqual(0, _folder.Count("sqlite_master WHERE name = 'later'"));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Opens_a_store_of_every_version(int version)
    {
        using StoreFolder copy = new();
        File.Copy(Path.Combine(Fixture(version), "codesign.db"), copy.Database);
        using KeyFileSeal seal = KeyFileSeal.Read(Path.Combine(Fixture(version), "seal.key"));
        using RootKey root = seal.Unprotect(ApplianceStore.ReadSeal(copy.Database));
        await using ApplianceStore store = ApplianceStore.Open(copy.Database, root, TimeProvider.System);

        Assert.AreEqual("alice", store.Current.Identities["a1"].Name);
        Assert.AreEqual(2, store.Current.Pins.Values.Single().Failures);
        Assert.AreEqual(KeyState.Active, store.Current.Keys["k1"].State);
        using SecretBytes secret = store.OpenSecret(store.Current.Keys["k1"]);
        Assert.IsTrue(secret.FixedTimeEquals("a private key"u8));
        Assert.HasCount(version < 2 ? 0 : 1, store.Current.ObjectsWith("0011223344556677", CKA.CKA_LABEL, "notes"u8.ToArray()));
        Assert.AreEqual(4201UL, store.Head.Size);
        CheckReport report = store.Check(cancel: TestContext.CancellationToken);
        Assert.IsTrue(report.Ok, string.Join('\n', report.Findings));
        Assert.HasCount(4201, store.ReadLeaves(0, 5000));
        await store.RecordAsync(StoreFolder.Event(), 0, null);
    }

    /// <summary>
    /// Makes the fixture of the newest version when a variable says where: for whoever raises the version, once.
    /// CODESIGN_STORE_FIXTURE=fixtures/stores/2 dotnet test …
    /// </summary>
    [TestMethod]
    public async Task Makes_a_fixture_when_asked()
    {
        string target = Environment.GetEnvironmentVariable("CODESIGN_STORE_FIXTURE") ?? Path.Combine(_folder.Path, "fixture");
        Directory.CreateDirectory(target);
        string keyFile = Path.Combine(target, "seal.key");
        await File.WriteAllTextAsync(keyFile, "test-only key file of an old store, no secret at all\n", TestContext.CancellationToken);
        using KeyFileSeal seal = KeyFileSeal.Read(keyFile);
        using RootKey root = RootKey.Create();
        using SecretBytes secret = new("a private key"u8);
        await using ApplianceStore store = ApplianceStore.Create(Path.Combine(target, "codesign.db"), root, seal, TimeProvider.System);
        await store.CommitAsync(
            _ => new StoreChange().Put(StoreFolder.Alice).Put(StoreFolder.Pin).Put(StoreFolder.Key("k1"), secret)
                .Put(new Project { Id = "0011223344556677", Name = "demo", Members = [new("a1", ProjectRole.Owner, [])] })
                .Put(new SigningEnvironment { Id = "e1", ProjectId = "0011223344556677", Name = "p256", Algorithm = "p256", Storage = "software" })
                .Put(new StoredObject
                {
                    Id = "00112233445566778899aabbccddeeff",
                    ProjectId = "0011223344556677",
                    Attributes = new AttributeSet([new(CKA.CKA_CLASS, AttributeSet.Bytes((ulong)CKO.CKO_DATA)), new(CKA.CKA_LABEL, "notes"u8.ToArray())]),
                })
                .Record(StoreFolder.Event("set-up")),
            TestContext.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 4200).Select(_ => store.RecordAsync(StoreFolder.Event(), 1, null).AsTask()));
        Assert.AreEqual(4201UL, store.Head.Size);
    }

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    private static string Fixture(int version)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CodeSign.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "fixtures", "stores", version.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Scripts()
    {
        for (int version = 1; version <= Migrations.BuiltIn.Latest; version++)
        {
            using StreamReader reader = new(typeof(ApplianceStore).Assembly.GetManifestResourceStream($"Schema.{version:000}.sql")!);
            yield return reader.ReadToEnd();
        }
    }
}
