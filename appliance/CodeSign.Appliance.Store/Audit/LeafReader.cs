using System.Buffers;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>Reads leaves from the disk. Verifies nothing by itself.</summary>
internal sealed class LeafReader(Database database)
{
    /// <summary>Appends the leaves [from, to) to a tree. The number of the first that is missing, or <paramref name="to"/>.</summary>
    public ulong Append(MerkleTree tree, ulong from, ulong to) => ForEach(from, to, hash => tree.Append(hash));

    /// <summary>The hashes of the leaves [from, to), one after the other; null when one is missing.</summary>
    public byte[]? Hashes(ulong from, ulong to)
    {
        byte[] hashes = new byte[(int)(to - from) * MerkleTree.HashBytes];
        int at = 0;
        ulong present = ForEach(from, to, hash =>
        {
            hash.CopyTo(hashes.AsSpan(at));
            at += MerkleTree.HashBytes;
        });
        return present == to ? hashes : null;
    }

    /// <summary>One leaf; empty when it is missing.</summary>
    public byte[] Read(ulong seq)
    {
        using Statement row = database.Prepare("SELECT leaf FROM audit WHERE seq = ?1");
        return row.Bind(1, (long)seq).Step() ? row.Bytes(0).ToArray() : [];
    }

    private ulong ForEach(ulong from, ulong to, LeafHash action)
    {
        using Statement row = database.Prepare("SELECT seq, leaf FROM audit WHERE seq >= ?1 AND seq < ?2 ORDER BY seq");
        row.Bind(1, (long)from).Bind(2, (long)to);
        byte[] prefixed = ArrayPool<byte>.Shared.Rent(1 + LeafWriter.LeafBytesMax);
        Span<byte> hash = stackalloc byte[MerkleTree.HashBytes];
        prefixed[0] = 0;
        try
        {
            ulong next = from;
            while (next < to && row.Step() && unchecked((ulong)row.Number(0)) == next)
            {
                ReadOnlySpan<byte> leaf = row.Bytes(1);
                if (leaf.Length > LeafWriter.LeafBytesMax)
                {
                    break;
                }

                leaf.CopyTo(prefixed.AsSpan(1));
                MerkleTree.HashLeaf(prefixed.AsSpan(0, 1 + leaf.Length), hash);
                action(hash);
                next++;
            }

            return next;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(prefixed);
        }
    }

    private delegate void LeafHash(ReadOnlySpan<byte> hash);
}
