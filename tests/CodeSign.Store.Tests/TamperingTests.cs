using CodeSign.Appliance.Store;
using static CodeSign.Store.Tests.AttackedStore;

namespace CodeSign.Store.Tests;

/// <summary>
/// Somebody with the right to write the database file, and without the root key, changes it while the appliance is stopped. Tables and
/// columns come from the live schema, so that a new one can't be forgotten.
/// </summary>
[TestClass]
public sealed class TamperingTests
{
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
                await RefusedAsync(folder, $"UPDATE {table} SET {flip} WHERE rowid = (SELECT max(rowid) FROM {table})", $"{table}.{column}: {flip}", TestContext);
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
            await RefusedAsync(folder, $"UPDATE {table} SET {flip} WHERE rowid = (SELECT min(rowid) FROM {table})", $"{table}.{column}: {flip}", TestContext);
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
            await RefusedAsync(folder, $"UPDATE {table} SET {swap} WHERE rowid IN {Two(table)}", $"{table}, all but {key}", TestContext);

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
                    $"{table}.{column}", TestContext);
            }
        }
    }

    [TestMethod]
    public async Task A_removed_row_is_refused()
    {
        using StoreFolder folder = await FilledAsync();
        foreach (string table in Tables(folder))
        {
            await RefusedAsync(folder, $"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})", $"last of {table}", TestContext);
            await RefusedAsync(folder, $"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})", $"first of {table}", TestContext);
            await RefusedAsync(folder, $"DELETE FROM {table}", $"all of {table}", TestContext);
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
            await RefusedAsync(folder, $"INSERT INTO {table} SELECT {key}, {rest} FROM {table} LIMIT 1", $"{table}", TestContext);
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
            await RefusedAsync(folder, $"{attach}INSERT OR REPLACE INTO main.{table} SELECT * FROM older.{table}", $"{table}, its rows", TestContext);
            await RefusedAsync(
                folder, $"{attach}DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table}", $"{table}, all of it", TestContext);
            foreach (string column in columns.Skip(1))
            {
                await RefusedAsync(
                    folder,
                    $"{attach}UPDATE main.{table} SET {column} = o.{column} FROM older.{table} o WHERE o.{columns[0]} = main.{table}.{columns[0]}",
                    $"{table}.{column}", TestContext);
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
        await RefusedAsync(folder, attach + PutBack(governance), "all of governance", TestContext);
        await RefusedAsync(folder, attach + PutBack(log), "all of the log", TestContext);
        await RefusedAsync(folder, attach + PutBack([.. governance, "audit_head"]), "all of governance and the head of the log", TestContext);
        await RefusedAsync(folder, attach + PutBack([.. log, "manifest"]), "all of the log and the manifest", TestContext);

        static string PutBack(string[] tables) =>
            string.Concat(tables.Select(table => $"DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table}; "));
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
        await RefusedAsync(folder, sql, sql, TestContext);
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
}
