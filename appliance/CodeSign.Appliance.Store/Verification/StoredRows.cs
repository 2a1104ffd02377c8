using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Verification;

/// <summary>Everything but the audit log, read from the disk and verified: each row by its MAC, all together by the manifest.</summary>
internal sealed class StoredRows
{
    /// <summary>Names in meta.</summary>
    public const string SealName = "seal";
    public const string ApplianceName = "appliance";
    public const string SchemaName = "schema";

    /// <summary>The table of meta, as the manifest calls it.</summary>
    public const string MetaTable = "meta";

    private readonly Findings _findings;
    private readonly RowMacs _macs;

    private StoredRows(RowMacs macs, Findings findings)
    {
        _macs = macs;
        _findings = findings;
    }

    public Snapshot Snapshot { get; private set; } = Snapshot.Empty;

    public Manifest Manifest { get; } = new();

    public byte[] ManifestMac { get; private set; } = [];

    /// <summary>The audit log's size when governance changed last: it can't be shorter.</summary>
    public ulong AuditSizeMin { get; private set; }

    public ImmutableDictionary<string, byte[]> SecretHashes { get; private set; } = ImmutableDictionary<string, byte[]>.Empty;

    public Dictionary<string, byte[]> Meta { get; } = new(StringComparer.Ordinal);

    public ulong Rows { get; private set; }

    public static StoredRows Read(Database database, RowMacs macs, Findings findings)
    {
        StoredRows rows = new(macs, findings);
        rows.ReadMeta(database);
        long version = database.QueryNumber("PRAGMA user_version") ?? 0;
        foreach (EntityTable table in EntityTable.All.Where(table => table.Since <= version))
        {
            rows.ReadTable(database, table);
        }

        rows.Manifest.Keep();
        rows.ReadManifest(database);
        return rows;
    }

    private void ReadMeta(Database database)
    {
        using Statement row = database.Prepare("SELECT name, value, mac FROM meta");
        while (row.Step())
        {
            string name = row.Text(0);
            byte[] value = row.Bytes(1).ToArray();
            byte[] mac = _macs.Row(MetaTable, name, value, []);
            Accept(MetaTable, name, mac, row.Bytes(2));
            Meta[name] = value;
        }

        long? version = database.QueryNumber("PRAGMA user_version");
        if (!Meta.TryGetValue(SchemaName, out byte[]? schema)
            || !string.Equals(Encoding.UTF8.GetString(schema), version?.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
        {
            _findings.Add("The version of its schema is not the one written down in it.");
        }
    }

    private void ReadTable(Database database, EntityTable table)
    {
        using Statement row = database.Prepare($"SELECT id, body, secret, mac FROM {table.Name}");
        while (row.Step())
        {
            string id = row.Text(0);
            byte[] body = row.Bytes(1).ToArray();
            byte[]? secretHash = row.IsNull(2) ? null : SHA256.HashData(row.Bytes(2));
            if (!Accept(table.Name, id, _macs.Row(table.Name, id, body, secretHash), row.Bytes(3)))
            {
                continue;
            }

            Entity entity = Parse(table, id, body);
            Snapshot = Snapshot.With(entity);
            if (secretHash is not null)
            {
                SecretHashes = SecretHashes.Add(StoreState.SecretKey(table.Name, id), secretHash);
            }
        }
    }

    private void ReadManifest(Database database)
    {
        using Statement row = database.Prepare("SELECT generation, audit_size, audit_root, digest, mac FROM manifest WHERE one = 1");
        if (!row.Step())
        {
            _findings.Add("Its manifest is missing.");
            return;
        }

        long generation = row.Number(0);
        AuditSizeMin = unchecked((ulong)row.Number(1));
        byte[] digest = Manifest.Digest();
        ManifestMac = row.Bytes(4).ToArray();
        if (!CryptographicOperations.FixedTimeEquals(digest, row.Bytes(3)))
        {
            _findings.Add("A row was added, removed or replaced by an older one: the manifest doesn't match.");
        }

        AuditHead head = new(AuditSizeMin, row.Bytes(2).ToArray());
        if (head.Root.Length != SHA256.HashSizeInBytes
            || !CryptographicOperations.FixedTimeEquals(_macs.Manifest(generation, head, digest), ManifestMac))
        {
            _findings.Add("Its manifest was changed.");
        }

        Snapshot = Snapshot with { Generation = generation };
    }

    private bool Accept(string table, string id, byte[] expectedMac, ReadOnlySpan<byte> mac)
    {
        Rows++;
        if (!CryptographicOperations.FixedTimeEquals(expectedMac, mac))
        {
            _findings.Add($"Row {id} of table {table} was changed.");
            return false;
        }

        Manifest.Set(table, id, expectedMac);
        return true;
    }

    private static Entity Parse(EntityTable table, string id, byte[] body)
    {
        try
        {
            Entity entity = table.Deserialize(body);
            return string.Equals(entity.Id, id, StringComparison.Ordinal)
                ? entity
                : throw new StoreException($"Row {id} of table {table.Name} holds {entity.Id}.");
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"Row {id} of table {table.Name} was written by a newer version of the appliance; use that one.", e);
        }
    }
}
