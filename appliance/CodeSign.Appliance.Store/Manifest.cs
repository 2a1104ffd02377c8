using System.Security.Cryptography;
using System.Text;

namespace CodeSign.Appliance.Store;

/// <summary>
/// A digest over the sorted list of (table, id, MAC) of all rows that grant power. Kept in buckets, so that a change costs the same
/// with ten rows and with a hundred thousand. One thread at a time; changes can be taken back until they are kept.
/// </summary>
internal sealed class Manifest
{
    private readonly SortedDictionary<string, Table> _tables = new(StringComparer.Ordinal);
    private readonly List<(string Table, string Id, byte[]? Mac)> _undo = [];

    public void Set(string table, string id, byte[]? mac) => _undo.Add((table, id, Replace(table, id, mac)));

    /// <summary>The MAC of a row, or null when there is no such row.</summary>
    public byte[]? Find(string table, string id) => _tables.TryGetValue(table, out Table? rows) ? rows.Find(id) : null;

    /// <summary>All changes so far stay.</summary>
    public void Keep() => _undo.Clear();

    /// <summary>Undoes all changes since they were kept last.</summary>
    public void TakeBack()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            Replace(_undo[i].Table, _undo[i].Id, _undo[i].Mac);
        }

        _undo.Clear();
    }

    public byte[] Digest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Table table) in _tables)
        {
            // A table that has become empty looks like one that never had a row.
            if (table.Rows == 0)
            {
                continue;
            }

            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
            hash.AppendData(table.Digest());
        }

        return hash.GetHashAndReset();
    }

    private byte[]? Replace(string table, string id, byte[]? mac)
    {
        if (!_tables.TryGetValue(table, out Table? rows))
        {
            _tables.Add(table, rows = new());
        }

        return rows.Set(id, mac);
    }

    private sealed class Table
    {
        private const int HashBytes = 32;
        private const int Buckets = 256;

        private readonly SortedDictionary<string, byte[]>?[] _rows = new SortedDictionary<string, byte[]>?[Buckets];

        // SHA-256 over a bucket's rows (hash of the id ‖ MAC), or zeros for an empty one.
        private readonly byte[] _bucketDigests = new byte[Buckets * HashBytes];
        private readonly HashSet<int> _changed = [];
        private byte[]? _digest;

        public int Rows { get; private set; }

        public byte[]? Find(string id) => _rows[BucketOf(id)]?.GetValueOrDefault(id);

        public byte[]? Set(string id, byte[]? mac)
        {
            int bucket = BucketOf(id);
            SortedDictionary<string, byte[]> rows = _rows[bucket] ??= new(StringComparer.Ordinal);
            byte[]? before = rows.GetValueOrDefault(id);
            if (mac is null)
            {
                rows.Remove(id);
            }
            else
            {
                rows[id] = mac;
            }

            Rows += (mac is null ? 0 : 1) - (before is null ? 0 : 1);
            _changed.Add(bucket);
            _digest = null;
            return before;
        }

        public byte[] Digest()
        {
            if (_digest is not null)
            {
                return _digest;
            }

            foreach (int bucket in _changed)
            {
                DigestBucket(_rows[bucket]!, _bucketDigests.AsSpan(bucket * HashBytes, HashBytes));
            }

            _changed.Clear();
            return _digest = SHA256.HashData(_bucketDigests);
        }

        private static void DigestBucket(SortedDictionary<string, byte[]> rows, Span<byte> digest)
        {
            digest.Clear();
            if (rows.Count == 0)
            {
                return;
            }

            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach ((string id, byte[] mac) in rows)
            {
                hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
                hash.AppendData(mac);
            }

            hash.GetHashAndReset(digest);
        }

        private static int BucketOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0];
    }
}
