using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Verification;

/// <summary>The check of the whole database, on a connection of its own.</summary>
internal static class StoreCheck
{
    public static CheckReport Run(string path, RowMacs macs, Migrations migrations, IProgress<ulong>? progress, CancellationToken cancel)
    {
        Findings findings = new(stopAtFirst: false);
        ulong leaves = 0;
        ulong rows = 0;
        try
        {
            using Database database = Database.Open(path);
            VerifyPages(database, findings);

            // Rows, manifest, head and tail in one read transaction: they belong to the same moment. The leaves below the head never
            // change, so the long part holds no transaction, and the write-ahead log can be checkpointed meanwhile.
            database.Execute("BEGIN");
            OpenedStore.VerifySchema(database, migrations, findings);
            StoredRows stored = StoredRows.Read(database, macs, findings);
            StoredAudit audit = StoredAudit.Read(database, macs, stored, findings);
            database.Execute("COMMIT");
            rows = stored.Rows;
            leaves = audit.Head.Size;
            if (findings.Sentences.Count == 0)
            {
                audit.VerifyAll(database, progress, cancel);
            }
        }
        catch (SqliteFailure failure)
        {
            findings.Add($"The database can't be read: {failure.Message}");
        }
        catch (StoreException e)
        {
            findings.Add(e.Message);
        }

        return new(leaves, rows, findings.Sentences);
    }

    private static void VerifyPages(Database database, Findings findings)
    {
        using Statement row = database.Prepare("PRAGMA integrity_check(10)");
        while (row.Step())
        {
            string finding = row.Text(0);
            if (!string.Equals(finding, "ok", StringComparison.Ordinal))
            {
                findings.Add($"The file is damaged: {finding}");
            }
        }
    }
}
