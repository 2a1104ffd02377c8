using System.Globalization;
using CodeSign.Cryptoki;
using SQLitePCL;

namespace CodeSign.Appliance.Store.Sqlite;

/// <summary>SQLite said no.</summary>
/// <param name="extendedCode">Its extended result code.</param>
/// <param name="message">Its words.</param>
internal sealed class SqliteFailure(int extendedCode, string message)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"SQLite error {extendedCode}: {message}"))
{
    /// <summary>Less than this is a full disk, whatever SQLite calls the failure (an index that can't grow is an I/O error to it).</summary>
    private const long FreeBytesMin = 256 * 1024;

    private const int ReadOnlyFileSystem = 30;  // EROFS of errno(3), which .NET hands on

    /// <summary>The primary result code.</summary>
    public int Code { get; } = extendedCode & 0xff;

    /// <summary>The file is not a database, or its pages contradict each other.</summary>
    public bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>The file, or its file system, can't be written.</summary>
    public bool IsReadOnly => Code == raw.SQLITE_READONLY;

    /// <summary>What those are told whose records could not be written.</summary>
    public FaultException ToFault(string path) => Code switch
    {
        raw.SQLITE_FULL => Full(),
        raw.SQLITE_IOERR when IsFull(path) => Full(),
        raw.SQLITE_READONLY => ReadOnly(),
        raw.SQLITE_IOERR when BecameReadOnly(path) => ReadOnly(),
        _ => new(
            CKR.CKR_DEVICE_ERROR, "store.failed", "The appliance's database can't be written; see the appliance's log."),
    };

    private static FaultException Full() => new(
        CKR.CKR_DEVICE_MEMORY, "store.full", "The appliance's disk is full; free some space on it, and it goes on by itself.");

    private static FaultException ReadOnly() => new(
        CKR.CKR_DEVICE_ERROR,
        "store.read_only",
        "The appliance's database is read-only, so nothing is signed; make its file system writable again and restart the appliance.");

    /// <summary>A file system that met an error goes read-only under open files. Asked by a new file; the database's own is SQLite's to open.</summary>
    private static bool BecameReadOnly(string path)
    {
        try
        {
            new FileStream(path + ".probe", FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
            return false;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return refused.HResult == ReadOnlyFileSystem;
        }
    }

    private static bool IsFull(string path)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace < FreeBytesMin;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
