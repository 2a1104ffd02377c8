using System.Security.Cryptography;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Appliance.Store.Verification;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>
/// Leaves for those who read the log, each verified when it is read: an old one that was changed since the start doesn't go out as
/// ours. The hashes of the segment read last are kept, because readers come in order. One thread at a time.
/// </summary>
internal sealed class VerifiedLog(Database database)
{
    private readonly LeafReader _leaves = new(database);
    private ulong _hashesFrom;
    private byte[] _hashes = [];

    /// <exception cref="TamperedException">A leaf was changed or removed.</exception>
    public List<byte[]> Read(StoreState state, ulong from, int max, int bytesMax)
    {
        List<byte[]> leaves = [];
        int bytes = 0;
        for (ulong seq = from; seq < state.Head.Size && leaves.Count < max; seq++)
        {
            byte[] leaf = _leaves.Read(seq);
            bytes += leaf.Length;
            if (leaves.Count > 0 && bytes > bytesMax)
            {
                break;
            }

            Verify(state, seq, leaf);
            leaves.Add(leaf);
        }

        return leaves;
    }

    /// <summary>The number of the first record at or after this time; the log's size when there is none.</summary>
    public ulong FirstSince(StoreState state, DateTimeOffset time)
    {
        long milliseconds = time.ToUnixTimeMilliseconds();
        ulong low = 0;
        ulong high = state.Head.Size;
        while (low < high)
        {
            ulong middle = low + ((high - low) / 2);
            byte[] leaf = _leaves.Read(middle);
            Verify(state, middle, leaf);
            if (StoredAudit.TimeOf(leaf) < milliseconds)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Verify(StoreState state, ulong seq, byte[] leaf)
    {
        ulong segmentFrom = seq - (seq % MerkleTree.SegmentLeaves);
        if (_hashesFrom != segmentFrom || seq - segmentFrom >= (ulong)(_hashes.Length / MerkleTree.HashBytes))
        {
            Load(state, segmentFrom);
        }

        byte[] prefixed = [0, .. leaf];
        Span<byte> hash = stackalloc byte[MerkleTree.HashBytes];
        MerkleTree.HashLeaf(prefixed, hash);
        if (!CryptographicOperations.FixedTimeEquals(hash, _hashes.AsSpan((int)(seq - segmentFrom) * MerkleTree.HashBytes, MerkleTree.HashBytes)))
        {
            throw Changed(segmentFrom);
        }
    }

    private void Load(StoreState state, ulong segmentFrom)
    {
        ulong to = ulong.Min(segmentFrom + MerkleTree.SegmentLeaves, state.Head.Size);
        byte[] hashes = _leaves.Hashes(segmentFrom, to) ?? throw Changed(segmentFrom);
        int segment = (int)(segmentFrom / MerkleTree.SegmentLeaves);
        MerkleTree tree = new();
        bool complete = segment < state.Segments.Count;
        for (int before = 0; !complete && before < segment; before++)
        {
            tree.AppendSubtree(MerkleTree.SegmentLevel, state.Segments[before]);
        }

        for (int at = 0; at < hashes.Length; at += MerkleTree.HashBytes)
        {
            tree.Append(hashes.AsSpan(at, MerkleTree.HashBytes));
        }

        if (!CryptographicOperations.FixedTimeEquals(tree.Root(), complete ? state.Segments[segment] : state.Head.Root.Span))
        {
            throw Changed(segmentFrom);
        }

        (_hashesFrom, _hashes) = (segmentFrom, hashes);
    }

    private static TamperedException Changed(ulong segmentFrom) => new(
        $"An audit record between {segmentFrom} and {segmentFrom + MerkleTree.SegmentLeaves - 1} was changed by something other than the "
        + "appliance; run codesignd check.");
}
