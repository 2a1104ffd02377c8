using System.Diagnostics;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;
using Governance = CodeSign.Appliance.Governance;

namespace CodeSign.Store.Tests;

/// <summary>A folder with a database in it, gone after the test.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly SecretBytes _keyFile = new("a key file for tests, 32 bytes or more"u8);

    public StoreFolder()
        : this(Directory.CreateTempSubdirectory("codesign-store-").FullName)
    {
    }

    public StoreFolder(string path)
    {
        Path = path;
        Seal = new(_keyFile);
    }

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "codesign.db");

    public KeyFileSeal Seal { get; }

    public RootKey Root { get; private set; } = RootKey.Create();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ApplianceStore Create() => ApplianceStore.Create(Database, Root, Seal, Time);

    /// <summary>As after a restart: with the root key out of the database's seal.</summary>
    public ApplianceStore Open()
    {
        Root = Seal.Unprotect(ApplianceStore.ReadSeal(Database));
        return ApplianceStore.Open(Database, Root, Time);
    }

    /// <summary>As <see cref="Open()"/>, with the seal of the folder this one was copied from.</summary>
    public ApplianceStore Open(StoreFolder original)
    {
        Root = original.Seal.Unprotect(ApplianceStore.ReadSeal(Database));
        return ApplianceStore.Open(Database, Root, Time);
    }

    /// <summary>
    /// Changes the database behind the appliance's back. False when that changed nothing: the rows were the same already, or no SQLite
    /// file can hold such a row.
    /// </summary>
    public bool Tamper(string sql)
    {
        using Database database = Appliance.Store.Sqlite.Database.Open(Database);
        string before = Dump(database);
        database.Execute("PRAGMA ignore_check_constraints = ON");
        try
        {
            database.Execute(sql);
        }
        catch (SqliteFailure failure) when (failure.Code == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            return false;
        }

        return !string.Equals(before, Dump(database), StringComparison.Ordinal);
    }

    private static string Dump(Database database)
    {
        StringBuilder dump = new();
        dump.Append(database.QueryNumber("PRAGMA user_version")).AppendLine(Migrations.ReadSchema(database));
        using Statement tables = database.Prepare("""
            SELECT m.name, (SELECT group_concat('quote(' || c.name || ')', '||'',''||') FROM pragma_table_info(m.name) c)
            FROM sqlite_master m WHERE m.type = 'table' ORDER BY m.name
            """);
        while (tables.Step())
        {
            using Statement rows = database.Prepare($"SELECT {tables.Text(1)} FROM main.{tables.Text(0)} ORDER BY 1");
            while (rows.Step())
            {
                dump.AppendLine(rows.Text(0));
            }
        }

        return dump.ToString();
    }

    public long Count(string table) => Query($"SELECT count(*) FROM {table}");

    public long Distinct(string table, string column) => Query($"SELECT count(DISTINCT {column}) FROM {table}");

    /// <summary>The database as it is on the disk, elsewhere.</summary>
    public StoreFolder Copy()
    {
        StoreFolder copy = new();
        foreach (string file in Directory.GetFiles(Path))
        {
            File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    private long Query(string sql)
    {
        using Database database = Appliance.Store.Sqlite.Database.Open(Database);
        return database.QueryNumber(sql)!.Value;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public static AuditEvent Event(string name = "sign", string outcome = "ok") => new() { Event = name, Actor = "alice", Outcome = outcome };

    public static AuditEvent SignEvent(int number = 0) => new()
    {
        Event = "sign",
        Actor = "alice",
        Project = "demo",
        Environment = "p256",
        Key = "00112233445566778899aabbccddeeff",
        Mechanism = "CKM_ECDSA",
        Hash = "sha256",
        Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        SignatureSha256 = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
        Request = number.ToString("x32", System.Globalization.CultureInfo.InvariantCulture),
        Outcome = "ok",
        Claimed = new() { Program = "/usr/bin/osslsigncode", User = "builder", Host = "ci-17", Pid = 4711 },
    };

    public static Identity Alice => new() { Id = "a1", Name = "alice", Roles = [ApplianceRole.Administrator] };

    public static Pin Pin => new() { Id = Governance.Pin.UserId("0011223344556677", "a1"), Failures = 2 };

    public static KeyRecord Key(string id, int generation = 1) => new()
    {
        Id = id,
        EnvironmentId = "e1",
        Generation = generation,
        Algorithm = "p256",
        PublicKey = "AAAA",
        CkaId = "0011",
        Chain = ["BBBB", "CCCC"],
    };

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<bool> condition, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.IsLessThan(TimeSpan.FromSeconds(30), Stopwatch.GetElapsedTime(start), "It didn't come about within 30 s.");
            await Task.Delay(5, cancel);
        }
    }
}
