using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Store.Tests;

/// <summary>
/// Somebody with the right to write the database file, and without the root key, changes it while the appliance is stopped. Tables and
/// columns come from the live schema, so that a new one can't be forgotten.
/// </summary>
[TestClass]
public sealed class TamperingTests
{
    /// <summary>
    /// What may be changed without being refused, each with its reason. Reviewed: columns without authority only, never a counter, a
    /// key's state, a PIN's state or an audit record.
    /// </summary>
    private static readonly HashSet<string> Allowed = [];  // table.column

    private static readonly string[] Numbers = ["INTEGER"];

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task A_flipped_byte_anywhere_is_refused()
    {
        using StoreFolder folder = await FilledAsync();
        int tried = 0;
        foreach ((string table, string column, string type) in Columns(folder))
        {
            foreach (string flip in Flips(column, type))
            {
                tried++;
                await RefusedAsync(folder, $"UPDATE {table} SET {flip} WHERE rowid = (SELECT max(rowid) FROM {table})", $"{table}.{column}: {flip}");
            }
        }

        Assert.IsGreaterThan(60, tried);
    }

    [TestMethod]
    public async Task A_byte_of_the_first_row_or_one_in_the_middle_is_refused_too()
    {
        using StoreFolder folder = await FilledAsync();
        foreach ((string table, string column, string type) in Columns(folder))
        {
            string flip = Flips(column, type).Last();
            await RefusedAsync(folder, $"UPDATE {table} SET {flip} WHERE rowid = (SELECT min(rowid) FROM {table})", $"{table}.{column}: {flip}");
        }
    }

    [TestMethod]
    public async Task Two_rows_swapped_are_refused()
    {
        using StoreFolder folder = await FilledAsync();
        foreach (string table in Tables(folder))
        {
            string[] columns = [.. Columns(folder).Where(row => row.Table == table).Select(row => row.Column)];
            string key = columns[0];
            if (folder.Count(table) < 2)
            {
                continue;
            }

            // Everything but the key: the rows keep their ids and exchange the rest, their MACs with it.
            string swap = string.Join(", ", columns.Skip(1).Select(column =>
                $"{column} = (SELECT {column} FROM {table} other WHERE other.rowid <> {table}.rowid AND other.rowid IN {Two(table)})"));
            await RefusedAsync(folder, $"UPDATE {table} SET {swap} WHERE rowid IN {Two(table)}", $"{table}, all but {key}");

            // Column by column.
            foreach (string column in columns.Skip(1))
            {
                if (folder.Distinct(table, column) < 2)
                {
                    continue;
                }

                await RefusedAsync(
                    folder,
                    $"UPDATE {table} SET {column} = (SELECT {column} FROM {table} other WHERE other.rowid <> {table}.rowid AND other.rowid IN {Two(table)}) "
                    + $"WHERE rowid IN {Two(table)}",
                    $"{table}.{column}");
            }
        }
    }

    [TestMethod]
    public async Task A_removed_row_is_refused()
    {
        using StoreFolder folder = await FilledAsync();
        foreach (string table in Tables(folder))
        {
            await RefusedAsync(folder, $"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})", $"last of {table}");
            await RefusedAsync(folder, $"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})", $"first of {table}");
            await RefusedAsync(folder, $"DELETE FROM {table}", $"all of {table}");
        }
    }

    [TestMethod]
    public async Task An_added_row_is_refused()
    {
        using StoreFolder folder = await FilledAsync();
        foreach (string table in Tables(folder))
        {
            string[] columns = [.. Columns(folder).Where(row => row.Table == table).Select(row => row.Column)];
            string rest = string.Join(", ", columns.Skip(1));
            if (columns[0] == "one")
            {
                continue;  // a second row is refused by the table itself
            }

            string key = Numbers.Contains(Columns(folder).First(row => row.Table == table).Type)
                ? $"(SELECT max({columns[0]}) + 1 FROM {table})"
                : "'added'";
            await RefusedAsync(folder, $"INSERT INTO {table} SELECT {key}, {rest} FROM {table} LIMIT 1", $"{table}");
        }
    }

    [TestMethod]
    public async Task An_older_row_put_back_is_refused()
    {
        using StoreFolder folder = await FilledAsync();
        using StoreFolder older = folder.Copy();
        await ChangeEverythingAsync(folder);
        foreach (string table in Tables(folder))
        {
            string[] columns = [.. Columns(folder).Where(row => row.Table == table).Select(row => row.Column)];
            string attach = $"ATTACH '{older.Database}' AS older; ";
            await RefusedAsync(folder, $"{attach}INSERT OR REPLACE INTO main.{table} SELECT * FROM older.{table}", $"{table}, its rows");
            await RefusedAsync(
                folder, $"{attach}DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table}", $"{table}, all of it");
            foreach (string column in columns.Skip(1))
            {
                await RefusedAsync(
                    folder,
                    $"{attach}UPDATE main.{table} SET {column} = o.{column} FROM older.{table} o WHERE o.{columns[0]} = main.{table}.{columns[0]}",
                    $"{table}.{column}");
            }
        }
    }

    [TestMethod]
    public async Task Neither_governance_nor_the_log_can_be_put_back_without_the_other()
    {
        using StoreFolder folder = await FilledAsync();
        using StoreFolder older = folder.Copy();
        await ChangeEverythingAsync(folder);
        string attach = $"ATTACH '{older.Database}' AS older; ";
        string[] log = ["audit", "audit_segments", "audit_head"];
        string[] governance = [.. Tables(folder).Except(log)];
        await RefusedAsync(folder, attach + PutBack(governance), "all of governance");
        await RefusedAsync(folder, attach + PutBack(log), "all of the log");
        await RefusedAsync(folder, attach + PutBack([.. governance, "audit_head"]), "all of governance and the head of the log");
        await RefusedAsync(folder, attach + PutBack([.. log, "manifest"]), "all of the log and the manifest");

        static string PutBack(string[] tables) =>
            string.Concat(tables.Select(table => $"DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table}; "));
    }

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
            await RefusedAsync(folder, sql, sql);
        }
    }

    [TestMethod]
    [DataRow("CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM pins; END")]
    [DataRow("CREATE VIEW v AS SELECT 1")]
    [DataRow("CREATE INDEX i ON audit (leaf)")]
    [DataRow("CREATE TABLE more (x)")]
    [DataRow("ALTER TABLE keys ADD COLUMN more TEXT")]
    [DataRow("ALTER TABLE keys RENAME COLUMN secret TO hidden")]
    [DataRow("DROP TABLE pins")]
    [DataRow("PRAGMA user_version = 0")]
    public async Task A_changed_schema_is_refused(string sql)
    {
        using StoreFolder folder = await FilledAsync();
        await RefusedAsync(folder, sql, sql);
    }

    [TestMethod]
    public async Task A_newer_database_is_left_alone()
    {
        using StoreFolder folder = await FilledAsync();
        folder.Tamper("PRAGMA user_version = 1000");
        StoreException e = Assert.ThrowsExactly<StoreException>(folder.Open);
        Assert.Contains("newer version", e.Message);
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

    [TestMethod]
    public async Task Flipped_bits_of_the_file_never_open_as_something_else()
    {
        using StoreFolder folder = await FilledAsync();
        long length = new FileInfo(folder.Database).Length;
        byte[] whole = await File.ReadAllBytesAsync(folder.Database, TestContext.CancellationToken);
        await using ApplianceStore original = folder.Open();
        int refused = 0;
        const int Step = 613;  // a prime: all offsets within rows and pages come up
        for (long at = 0; at < length; at += Step)
        {
            using StoreFolder copy = new();
            byte[] changed = [.. whole];
            changed[at] ^= 0x10;
            await File.WriteAllBytesAsync(copy.Database, changed, TestContext.CancellationToken);
            try
            {
                await using ApplianceStore opened = ApplianceStore.Open(copy.Database, folder.Root, TimeProvider.System);
                Assert.AreEqual(original.Head.Size, opened.Head.Size);
                Assert.AreEqual(original.Current.Generation, opened.Current.Generation);
                Assert.HasCount(original.Current.Keys.Count, opened.Current.Keys);
            }
            catch (Exception e) when (e is TamperedException or StoreException)
            {
                refused++;
            }
        }

        TestContext.WriteLine($"{refused} of {length / Step} refused; the rest lay in unused space or an index.");
    }

    private static async Task<StoreFolder> FilledAsync(int records = 20)
    {
        StoreFolder folder = new();
        await using ApplianceStore store = folder.Create();
        using SecretBytes secret = new("a private key"u8);
        using SecretBytes other = new("another private key"u8);
        await store.CommitAsync(
            _ =>
            {
                StoreChange change = new();
                for (int i = 1; i <= 2; i++)
                {
                    change.Put(StoreFolder.Alice with { Id = "a" + i, Name = "alice" + i }, i == 1 ? secret : other)
                        .Put(new Grant { Id = "g" + i, IdentityId = "a" + i, TokenHash = "0" + i, Scope = "user" }, i == 1 ? secret : other)
                        .Put(new ClientCertificate { Id = "c" + i, IdentityId = "a" + i, Certificate = "C" + i }, i == 1 ? secret : other)
                        .Put(new TlsAuthority { Id = "t" + i, Certificate = "T" + i }, i == 1 ? secret : other)
                        .Put(new Project { Id = "000000000000000" + i, Name = "demo" + i }, i == 1 ? secret : other)
                        .Put(new Pin { Id = $"000000000000000{i}:a1", Failures = i }, i == 1 ? secret : other)
                        .Put(new RevokedTicket { Id = "r" + i, ProjectId = "0000000000000001" }, i == 1 ? secret : other)
                        .Put(
                            new SigningEnvironment { Id = "e" + i, ProjectId = "0000000000000001", Name = "n" + i, Algorithm = "p256", Storage = "software" },
                            i == 1 ? secret : other)
                        .Put(StoreFolder.Key("k" + i, i), i == 1 ? secret : other);
                }

                return change.Record(StoreFolder.Event("set-up"));
            },
            CancellationToken.None);
        await FillLogAsync(store, records);
        return folder;
    }

    private static async Task FillLogAsync(ApplianceStore store, int records)
    {
        int missing = records - (int)store.Head.Size;
        await Task.WhenAll(Enumerable.Range(0, missing).Select(i => store.RecordAsync(StoreFolder.SignEvent(i), 0, null).AsTask()));
    }

    private static async Task ChangeEverythingAsync(StoreFolder folder)
    {
        await using ApplianceStore store = folder.Open();
        using SecretBytes next = new("the next private key"u8);
        await store.CommitAsync(
            current =>
            {
                StoreChange change = new();
                change.Put(current.Identities["a1"] with { Enabled = false }, next).Put(current.Grants["g1"] with { Revoked = true }, next)
                    .Put(current.ClientCertificates["c1"] with { Subject = "s" }, next).Put(current.TlsAuthorities["t1"] with { Certificate = "N" }, next)
                    .Put(current.Projects["0000000000000001"] with { Enabled = false }, next)
                    .Put(current.Pins["0000000000000001:a1"] with { Failures = 9 }, next)
                    .Put(current.RevokedTickets["r1"] with { ProjectId = "0000000000000002" }, next)
                    .Put(current.Environments["e1"] with { Enabled = false }, next)
                    .Put(current.Keys["k1"] with { State = KeyState.Compromised }, next);
                return change.Record(StoreFolder.Event("change"));
            },
            CancellationToken.None);
        await FillLogAsync(store, (int)store.Head.Size + 5);
    }

    /// <summary>Refused at the start, or (for the log's older part) when a record is read.</summary>
    private async Task RefusedAsync(StoreFolder folder, string sql, string what)
    {
        if (Allowed.Contains(what.Split(':')[0]))
        {
            return;
        }

        using StoreFolder copy = folder.Copy();
        if (!copy.Tamper(sql))
        {
            return;  // nothing there to change, as with an unchanged seal put back
        }

        try
        {
            await using ApplianceStore store = copy.Open(folder);
            for (ulong seq = 0; seq < store.Head.Size; seq += 4096)
            {
                _ = store.ReadLeaves(seq, 4096);
            }
        }
        catch (Exception e) when (e is TamperedException or SealException or StoreException)
        {
            TestContext.WriteLine($"{what}: {e.Message}");
            return;
        }

        Assert.Fail($"{what} was not noticed after: {sql}");
    }

    private static IEnumerable<string> Flips(string column, string type) => type switch
    {
        "INTEGER" => [$"{column} = {column} + 1", $"{column} = -{column} - 5"],
        "TEXT" =>
        [
            $"{column} = substr({column}, 1, length({column}) - 1) || 'x'", $"{column} = 'x' || substr({column}, 2)", $"{column} = {column} || ' '",
        ],
        _ =>
        [
            $"{column} = CAST(substr({column}, 1, length({column}) - 1) || x'5a' AS BLOB)", $"{column} = CAST({column} || x'00' AS BLOB)",
            $"{column} = x''",
        ],
    };

    private static string Two(string table) =>
        $"(SELECT min(rowid) FROM {table} UNION SELECT max(rowid) FROM {table})";

    private static List<string> Tables(StoreFolder folder) => [.. Columns(folder).Select(row => row.Table).Distinct(StringComparer.Ordinal)];

    private static List<(string Table, string Column, string Type)> Columns(StoreFolder folder)
    {
        using Database database = Appliance.Store.Sqlite.Database.Open(folder.Database);
        using Statement row = database.Prepare(
            "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid");
        List<(string Table, string Column, string Type)> columns = [];
        while (row.Step())
        {
            columns.Add((row.Text(0), row.Text(1), row.Text(2)));
        }

        return columns;
    }
}
