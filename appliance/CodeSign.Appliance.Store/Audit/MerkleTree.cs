using System.Numerics;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>
/// The right edge of a Merkle tree (RFC 6962 section 2.1): all that is needed to append leaves and to know the root. One thread at a
/// time.
/// </summary>
internal sealed class MerkleTree
{
    public const int HashBytes = 32;

    /// <summary>A segment is a complete subtree of 2^12 leaves.</summary>
    public const int SegmentLevel = 12;

    /// <summary>Leaves of a segment.</summary>
    public const int SegmentLeaves = 1 << SegmentLevel;

    private const int LevelsMax = 64;

    [ThreadStatic]
    private static IncrementalHash? _hash;

    // The complete subtree of 2^level leaves that ends the tree's first `Size` leaves, for each level whose bit is set in Size.
    private readonly byte[] _edge = new byte[LevelsMax * HashBytes];

    private readonly byte[] _segmentRoot = new byte[HashBytes];

    public ulong Size { get; private set; }

    /// <summary>The root of the last segment, after the append that has completed it.</summary>
    public ReadOnlySpan<byte> SegmentRoot => _segmentRoot;

    /// <summary>SHA-256(0x00 ‖ leaf). <paramref name="prefixed"/> is the leaf behind a byte of zero.</summary>
    public static void HashLeaf(ReadOnlySpan<byte> prefixed, Span<byte> hash) => Hash(prefixed, hash);

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static void HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> hash)
    {
        Span<byte> node = stackalloc byte[1 + (2 * HashBytes)];
        node[0] = 1;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(1 + HashBytes)..]);
        Hash(node, hash);
    }

    /// <summary>Appends a leaf by its hash.</summary>
    public void Append(ReadOnlySpan<byte> leafHash) => AppendSubtree(0, leafHash);

    /// <summary>Appends a complete subtree of 2^level leaves by its root. The size must be a multiple of that.</summary>
    public void AppendSubtree(int level, ReadOnlySpan<byte> root)
    {
        if (BitOperations.TrailingZeroCount(Size) < level && Size != 0)
        {
            throw new ArgumentException("The tree has an incomplete subtree at its end.", nameof(level));
        }

        Span<byte> hash = stackalloc byte[HashBytes];
        root.CopyTo(hash);
        int at = level;
        while (true)
        {
            if (at == SegmentLevel)
            {
                hash.CopyTo(_segmentRoot);
            }

            if (((Size >> at) & 1) == 0)
            {
                break;
            }

            HashNode(Edge(at++), hash, hash);
        }

        hash.CopyTo(Edge(at));
        Size += 1UL << level;
    }

    public byte[] Root()
    {
        byte[] root = new byte[HashBytes];
        if (Size == 0)
        {
            SHA256.HashData([], root);
            return root;
        }

        int level = BitOperations.TrailingZeroCount(Size);
        Edge(level).CopyTo(root);
        for (int at = level + 1; at < LevelsMax && (Size >> at) != 0; at++)
        {
            if (((Size >> at) & 1) == 1)
            {
                HashNode(Edge(at), root, root);
            }
        }

        return root;
    }

    /// <summary>Makes this tree the same as another.</summary>
    public void CopyFrom(MerkleTree other)
    {
        Size = other.Size;
        int levels = LevelsMax - BitOperations.LeadingZeroCount(Size);
        other._edge.AsSpan(0, levels * HashBytes).CopyTo(_edge);
    }

    // One-shot hashing makes a context for each call, which costs as much as the hash of a node.
    private static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _hash.AppendData(bytes);
        _hash.GetHashAndReset(hash);
    }

    private Span<byte> Edge(int level) => _edge.AsSpan(level * HashBytes, HashBytes);
}
