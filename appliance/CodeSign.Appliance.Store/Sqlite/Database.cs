using SQLitePCL;

namespace CodeSign.Appliance.Store.Sqlite;

/// <summary>
/// One connection to a database file. Straight over SQLite's own interface: the writer binds spans without copies and sees SQLite's
/// result codes, which tell a full disk from a read-only one. One thread at a time.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>How long to wait for another connection's lock. Only a checkpoint holds one, and shortly.</summary>
    private const int BusyTimeoutMilliseconds = 10_000;

    private readonly sqlite3 _handle;

    static Database() => Batteries_V2.Init();

    private Database(sqlite3 handle) => _handle = handle;

    /// <summary>Whether a transaction is open. A failed statement may have ended it.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>An existing file, for reading and writing.</summary>
    public static Database Open(string path)
    {
        Database database = Open(path, raw.SQLITE_OPEN_READWRITE);
        try
        {
            // SQLite falls back to reading what it may not write; we have no use for that.
            if (raw.sqlite3_db_readonly(database._handle, "main") == 1)
            {
                throw new SqliteFailure(raw.SQLITE_READONLY, "the file is read-only");
            }

            database.Configure();
            return database;
        }
        catch (SqliteFailure)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A database in memory, gone when it is disposed.</summary>
    public static Database InMemory() => Open(":memory:", raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);

    public Statement Prepare(string sql)
    {
        Verify(raw.sqlite3_prepare_v2(_handle, sql, out sqlite3_stmt statement));
        return new(this, statement);
    }

    /// <summary>Runs one or more statements for their effect.</summary>
    public void Execute(string sql) => Verify(raw.sqlite3_exec(_handle, sql));

    /// <summary>The first column of the first row, or null when there is no row or it is NULL.</summary>
    public long? QueryNumber(string sql)
    {
        using Statement statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Number(0) : null;
    }

    public void Dispose()
    {
        // close_v2 of the wrapper: statements that were not disposed keep the connection until they are.
        _handle.Dispose();
    }

    internal void Verify(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteFailure(raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());
        }
    }

    private static Database Open(string path, int flags)
    {
        int code = raw.sqlite3_open_v2(path, out sqlite3 handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            string message = raw.sqlite3_errmsg(handle).utf8_to_string();
            handle.Dispose();
            throw new SqliteFailure(code, message);
        }

        return new(handle);
    }

    private void Configure()
    {
        raw.sqlite3_busy_timeout(_handle, BusyTimeoutMilliseconds);

        // The schema is compared with ours when the store is opened; until then nothing in it may act, and nothing may change it later.
        raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
        raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);

        // FULL in WAL mode: a commit is flushed to the disk before it returns. What is deleted is overwritten. Nothing goes to
        // temporary files.
        Execute("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA secure_delete = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA cell_size_check = ON;
            PRAGMA wal_autocheckpoint = 2000;
            PRAGMA journal_size_limit = 33554432;
            """);
    }
}
