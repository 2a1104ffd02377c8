using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Store;

/// <summary>Consistent copies of a database in use.</summary>
internal static class StoreBackup
{
    public static long Write(string source, string target)
    {
        try
        {
            // Made by us, empty and private, before SQLite fills it: it never stands open to others, and no existing file is touched.
            using (new FileStream(target, PrivateFile.CreateNew))
            {
            }
        }
        catch (IOException) when (File.Exists(target))
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "backup.exists", $"{target} exists; name a new file for the backup.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "backup.path", $"The backup can't be written to {target}: {e.Message}");
        }

        try
        {
            using (Database database = Database.Open(source))
            using (Statement copy = database.Prepare("VACUUM INTO ?1"))
            {
                copy.BindText(1, target).Run();
            }

            using FileStream written = new(target, FileMode.Open, FileAccess.ReadWrite);
            written.Flush(flushToDisk: true);
            return written.Length;
        }
        catch (SqliteFailure failure)
        {
            File.Delete(target);
            FaultException fault = failure.ToFault(target);
            throw new FaultException(fault.Status, "backup.failed", $"The backup could not be written to {target}: {failure.Message}");
        }
    }
}
