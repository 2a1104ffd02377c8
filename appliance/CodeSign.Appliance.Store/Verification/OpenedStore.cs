using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Appliance.Store.Writing;

namespace CodeSign.Appliance.Store.Verification;

/// <summary>A database made or opened: verified, migrated, loaded. What it holds belongs to the store that is built on it.</summary>
internal sealed record OpenedStore(
    string Path, Migrations Migrations, Database Database, RowMacs Macs, StoredRows Rows, StoredAudit Audit)
{
    private const int ApplianceIdBytes = 8;

    public string ApplianceId => Encoding.UTF8.GetString(Rows.Meta[StoredRows.ApplianceName]);

    public static OpenedStore Create(string path, RootKey root, ISeal seal, Migrations migrations)
    {
        try
        {
            using (new FileStream(path, PrivateFile.CreateNew))
            {
            }
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new StoreException($"{path} exists already; choose another folder, or open the appliance that is there.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{path} can't be made: {e.Message}", e);
        }

        try
        {
            using Database database = Database.Open(path);
            using RowMacs macs = new(root);
            database.Execute("BEGIN IMMEDIATE");
            migrations.Apply(database, from: 0);
            Dictionary<string, byte[]> meta = new(StringComparer.Ordinal)
            {
                [StoredRows.ApplianceName] =
                    Encoding.UTF8.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ApplianceIdBytes))),
                [StoredRows.SchemaName] = SchemaValue(migrations),
                [StoredRows.SealName] = seal.Protect(root),
            };
            WriteMeta(database, macs, new Manifest(), meta, generation: 0, new(0, new MerkleTree().Root()));
            database.Execute("COMMIT");
        }
        catch (SqliteFailure failure)
        {
            throw new StoreException($"{path} can't be written: {failure.Message}", failure);
        }

        return Open(path, root, migrations);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "What is opened belongs to what is returned.")]
    public static OpenedStore Open(string path, RootKey root, Migrations migrations)
    {
        bool kept = false;
        Database? database = null;
        RowMacs macs = new(root);
        try
        {
            database = OpenFile(path);
            Findings findings = new(stopAtFirst: true);
            int version = VerifySchema(database, migrations, findings);
            StoredRows rows = StoredRows.Read(database, macs, findings);
            StoredAudit audit = StoredAudit.Read(database, macs, rows, findings);
            if (version < migrations.Latest)
            {
                Migrate(database, macs, migrations, version, rows, audit.Head);
                rows = StoredRows.Read(database, macs, findings);
                audit = StoredAudit.Read(database, macs, rows, findings);
            }

            kept = true;
            return new(path, migrations, database, macs, rows, audit);
        }
        catch (SqliteFailure failure)
        {
            throw Explain(path, failure);
        }
        finally
        {
            if (!kept)
            {
                database?.Dispose();
                macs.Dispose();
            }
        }
    }

    public static byte[] ReadSeal(string path)
    {
        try
        {
            using Database database = OpenFile(path);
            using Statement row = database.Prepare("SELECT value FROM meta WHERE name = ?1");
            return row.BindText(1, StoredRows.SealName).Step()
                ? row.Bytes(0).ToArray()
                : throw new StoreException($"{path} holds no sealed root key; restore a backup.");
        }
        catch (SqliteFailure failure)
        {
            throw Explain(path, failure);
        }
    }

    /// <summary>
    /// Compares every definition in the database with ours: a trigger put there by hand would act with our rights, a view or a column
    /// could stand in for a table. The version found.
    /// </summary>
    public static int VerifySchema(Database database, Migrations migrations, Findings findings)
    {
        int version = (int)(database.QueryNumber("PRAGMA user_version") ?? 0);
        if (version > migrations.Latest)
        {
            throw new StoreException("The database was written by a newer version of the appliance; use that one.");
        }

        if (version < 0 || !string.Equals(Migrations.ReadSchema(database), migrations.ExpectedSchema(version), StringComparison.Ordinal))
        {
            findings.Add("Its schema was changed.");
        }

        return version;
    }

    private static Database OpenFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new StoreException($"{path} doesn't exist; make a new appliance with codesignd init, or restore a backup.");
        }

        Database database = Database.Open(path);
        try
        {
            if (database.QueryNumber("SELECT count(*) FROM sqlite_master") == 0)
            {
                throw new StoreException($"{path} is empty: its making was interrupted. Remove it and start again.");
            }

            return database;
        }
        catch (Exception)
        {
            database.Dispose();
            throw;
        }
    }

    // Only the definitions: a migration that changes rows has to authenticate them anew, in code, beside this.
    private static void Migrate(Database database, RowMacs macs, Migrations migrations, int version, StoredRows rows, AuditHead head)
    {
        database.Execute("BEGIN IMMEDIATE");
        migrations.Apply(database, version);
        Dictionary<string, byte[]> meta = new(StringComparer.Ordinal) { [StoredRows.SchemaName] = SchemaValue(migrations) };
        WriteMeta(database, macs, rows.Manifest, meta, rows.Snapshot.Generation + 1, head);
        database.Execute("COMMIT");
    }

    private static byte[] SchemaValue(Migrations migrations) =>
        Encoding.UTF8.GetBytes(migrations.Latest.ToString(CultureInfo.InvariantCulture));

    private static void WriteMeta(
        Database database, RowMacs macs, Manifest manifest, Dictionary<string, byte[]> meta, long generation, AuditHead head)
    {
        using RowWriter rows = new(database);
        foreach ((string name, byte[] value) in meta)
        {
            byte[] mac = macs.Row(StoredRows.MetaTable, name, value, []);
            manifest.Set(StoredRows.MetaTable, name, mac);
            rows.PutMeta(name, value, mac);
        }

        byte[] digest = manifest.Digest();
        byte[] manifestMac = macs.Manifest(generation, head, digest);
        rows.PutManifest(generation, head, digest, manifestMac);
        rows.PutHead(head, generation, macs.Head(head, generation, manifestMac));
    }

    private static Exception Explain(string path, SqliteFailure failure) => failure switch
    {
        { IsDamage: true } => new TamperedException(
            $"{path} is damaged, or was changed by something other than the appliance ({failure.Message}); restore a backup."),
        { IsReadOnly: true } => new StoreException($"{path} is read-only; the appliance must be able to write it.", failure),
        _ => new StoreException($"{path} can't be opened: {failure.Message}", failure),
    };
}
