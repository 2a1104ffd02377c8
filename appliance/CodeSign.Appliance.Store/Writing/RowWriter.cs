using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Writing;

/// <summary>Prepared commands for the rows of entities, the manifest and the audit head. One connection, one thread.</summary>
internal sealed class RowWriter : IDisposable
{
    private readonly Dictionary<string, TableCommands> _tables;
    private readonly Statement _putMeta;
    private readonly Statement _putManifest;
    private readonly Statement _putHead;

    public RowWriter(Database database)
    {
        _tables = EntityTable.All.ToDictionary(
            table => table.Name, table => new TableCommands(database, table.Name), StringComparer.Ordinal);
        _putMeta = database.Prepare(
            "INSERT INTO meta (name, value, mac) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET value = ?2, mac = ?3");
        _putManifest = database.Prepare("""
            INSERT INTO manifest (one, generation, audit_size, audit_root, digest, mac) VALUES (1, ?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (one) DO UPDATE SET generation = ?1, audit_size = ?2, audit_root = ?3, digest = ?4, mac = ?5
            """);
        _putHead = database.Prepare("""
            INSERT INTO audit_head (one, size, root, generation, mac) VALUES (1, ?1, ?2, ?3, ?4)
            ON CONFLICT (one) DO UPDATE SET size = ?1, root = ?2, generation = ?3, mac = ?4
            """);
    }

    /// <summary>Adds or replaces a row with its sealed part; null leaves none.</summary>
    public void Put(string table, string id, byte[] body, byte[]? secret, byte[] mac)
    {
        Statement put = _tables[table].Put.BindText(1, id).BindText(2, body).Bind(4, mac);
        _ = secret is null ? put.BindNull(3) : put.Bind(3, secret);
        put.Run();
    }

    /// <summary>Replaces body and MAC of a row, its sealed part stays.</summary>
    public void PutBody(string table, string id, byte[] body, byte[] mac) =>
        _tables[table].PutBody.BindText(1, id).BindText(2, body).Bind(3, mac).Run();

    public void Remove(string table, string id) => _tables[table].Remove.BindText(1, id).Run();

    public void PutMeta(string name, byte[] value, byte[] mac) => _putMeta.BindText(1, name).Bind(2, value).Bind(3, mac).Run();

    public void PutManifest(long generation, AuditHead head, byte[] digest, byte[] mac) =>
        _putManifest.Bind(1, generation).Bind(2, (long)head.Size).Bind(3, head.Root.Span).Bind(4, digest).Bind(5, mac).Run();

    public void PutHead(AuditHead head, long generation, byte[] mac) =>
        _putHead.Bind(1, (long)head.Size).Bind(2, head.Root.Span).Bind(3, generation).Bind(4, mac).Run();

    public void Dispose()
    {
        foreach (TableCommands commands in _tables.Values)
        {
            commands.Dispose();
        }

        _putMeta.Dispose();
        _putManifest.Dispose();
        _putHead.Dispose();
    }

    private sealed class TableCommands(Database database, string table) : IDisposable
    {
        public Statement Put { get; } = database.Prepare($"""
            INSERT INTO {table} (id, body, secret, mac) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET body = ?2, secret = ?3, mac = ?4
            """);

        public Statement PutBody { get; } = database.Prepare($"UPDATE {table} SET body = ?2, mac = ?3 WHERE id = ?1");

        public Statement Remove { get; } = database.Prepare($"DELETE FROM {table} WHERE id = ?1");

        public void Dispose()
        {
            Put.Dispose();
            PutBody.Dispose();
            Remove.Dispose();
        }
    }
}
