using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Store.Tests;

/// <summary>A store with something in every table, what may be done to it by hand, and the claim that it is refused.</summary>
internal static class AttackedStore
{
    /// <summary>
    /// What may be changed without being refused, each with its reason. Reviewed: columns without authority only, never a counter, a
    /// key's state, a PIN's state or an audit record.
    /// </summary>
    private static readonly HashSet<string> Allowed = [];  // table.column

    public static async Task<StoreFolder> FilledAsync(int records = 20)
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

    public static async Task FillLogAsync(ApplianceStore store, int records)
    {
        int missing = records - (int)store.Head.Size;
        await Task.WhenAll(Enumerable.Range(0, missing).Select(i => store.RecordAsync(StoreFolder.SignEvent(i), 0, null).AsTask()));
    }

    public static async Task ChangeEverythingAsync(StoreFolder folder)
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
    public static async Task RefusedAsync(StoreFolder folder, string sql, string what, TestContext context)
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
            context.WriteLine($"{what}: {e.Message}");
            return;
        }

        Assert.Fail($"{what} was not noticed after: {sql}");
    }

    public static IEnumerable<string> Flips(string column, string type) => type switch
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

    public static string Two(string table) =>
        $"(SELECT min(rowid) FROM {table} UNION SELECT max(rowid) FROM {table})";

    public static List<string> Tables(StoreFolder folder) => [.. Columns(folder).Select(row => row.Table).Distinct(StringComparer.Ordinal)];

    public static List<(string Table, string Column, string Type)> Columns(StoreFolder folder)
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
