using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Appliance.Store.Writing;

namespace CodeSign.Appliance.Store;

/// <summary>The connection for reading sealed parts and leaves on demand. Safe for many threads, which take turns.</summary>
internal sealed class StoreReader : IDisposable
{
    private readonly Database _database;
    private readonly RecordSealer _sealer;
    private readonly Lock _gate = new();
    private readonly VerifiedLog _log;

    public StoreReader(string path, RecordSealer sealer)
    {
        _database = Database.Open(path);
        _sealer = sealer;
        _log = new(_database);
    }

    /// <exception cref="TamperedException">Changed, or an older one was put back.</exception>
    public SecretBytes OpenSecret(Entity entity, StoreWriter writer)
    {
        string table = EntityTable.For(entity).Name;
        byte[] sealedPart = ReadSealed(table, entity.Id, writer);
        try
        {
            return _sealer.Open(new(table, entity.Id, EntityTable.SecretColumn), sealedPart);
        }
        catch (CryptographicException)
        {
            throw Changed(table, entity.Id);
        }
    }

    public List<byte[]> ReadLeaves(StoreState state, ulong from, int max, int bytesMax)
    {
        lock (_gate)
        {
            return _log.Read(state, from, max, bytesMax);
        }
    }

    public ulong FirstSince(StoreState state, DateTimeOffset time)
    {
        lock (_gate)
        {
            return _log.FirstSince(state, time);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _database.Dispose();
        }
    }

    private byte[] ReadSealed(string table, string id, StoreWriter writer)
    {
        // The row may be replaced between looking at the state and at the disk: then both are looked at again.
        StoreState before = writer.State;
        while (true)
        {
            byte[]? stored = ReadColumn(table, id);
            StoreState? committing = writer.Committing;
            StoreState after = writer.State;
            if (stored is not null && (IsSealed(committing, table, id, stored) || IsSealed(after, table, id, stored)))
            {
                return stored;
            }

            if (ReferenceEquals(before, after) && committing is null)
            {
                throw after.SecretHashes.ContainsKey(StoreState.SecretKey(table, id))
                    ? Changed(table, id)
                    : new InvalidOperationException($"Nothing is sealed beside {table} {id}.");
            }

            before = after;
        }
    }

    private static bool IsSealed(StoreState? state, string table, string id, byte[] stored) =>
        state?.SecretHashes.GetValueOrDefault(StoreState.SecretKey(table, id)) is byte[] expected
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(stored), expected);

    private byte[]? ReadColumn(string table, string id)
    {
        lock (_gate)
        {
            using Statement row = _database.Prepare($"SELECT {EntityTable.SecretColumn} FROM {table} WHERE id = ?1");
            return row.BindText(1, id).Step() && !row.IsNull(0) ? row.Bytes(0).ToArray() : null;
        }
    }

    private static TamperedException Changed(string table, string id) =>
        new($"Row {id} of table {table} was changed by something other than the appliance; restore a backup.");
}
