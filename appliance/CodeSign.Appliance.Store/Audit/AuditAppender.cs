using System.Collections.Immutable;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>
/// Appends leaves within the writer's transaction. What was appended since <see cref="Keep"/> can be taken back in memory, as the
/// rollback does on the disk. The writer's thread only.
/// </summary>
internal sealed class AuditAppender : IDisposable
{
    private readonly TimeProvider _time;
    private readonly LeafWriter _leaf = new();
    private readonly Statement _insert;
    private readonly Statement _insertSegment;
    private readonly MerkleTree _tree = new();
    private readonly MerkleTree _kept = new();
    private long _lastMilliseconds;
    private long _keptMilliseconds;

    public AuditAppender(Database database, TimeProvider time, MerkleTree tree, ImmutableList<byte[]> segments, long lastMilliseconds)
    {
        _time = time;
        _insert = database.Prepare("INSERT INTO audit (seq, leaf) VALUES (?1, ?2)");
        _insertSegment = database.Prepare("INSERT INTO audit_segments (segment, root) VALUES (?1, ?2)");
        _tree.CopyFrom(tree);
        _kept.CopyFrom(tree);
        Segments = KeptSegments = segments;
        _lastMilliseconds = _keptMilliseconds = lastMilliseconds;
    }

    public ImmutableList<byte[]> Segments { get; private set; }

    /// <summary>Whether anything was appended since the last keep.</summary>
    public bool HasNew => _tree.Size != _kept.Size;

    private ImmutableList<byte[]> KeptSegments { get; set; }

    public Recorded Append(AuditEvent e)
    {
        // A clock that is set back must not reorder history: the time stands still until it has caught up.
        long now = long.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), _lastMilliseconds);
        ulong seq = _tree.Size;
        ReadOnlySpan<byte> prefixed = _leaf.Write(seq, now, e);
        _insert.Bind(1, (long)seq).Bind(2, prefixed[1..]).Run();

        Span<byte> hash = stackalloc byte[MerkleTree.HashBytes];
        MerkleTree.HashLeaf(prefixed, hash);
        _tree.Append(hash);
        _lastMilliseconds = now;
        if (_tree.Size % MerkleTree.SegmentLeaves == 0)
        {
            _insertSegment.Bind(1, Segments.Count).Bind(2, _tree.SegmentRoot).Run();
            Segments = Segments.Add(_tree.SegmentRoot.ToArray());
        }

        return new(seq, DateTimeOffset.FromUnixTimeMilliseconds(now), e);
    }

    public AuditHead Head() => new(_tree.Size, _tree.Root());

    public void Keep()
    {
        _kept.CopyFrom(_tree);
        KeptSegments = Segments;
        _keptMilliseconds = _lastMilliseconds;
    }

    public void TakeBack()
    {
        _tree.CopyFrom(_kept);
        Segments = KeptSegments;
        _lastMilliseconds = _keptMilliseconds;
    }

    public void Dispose()
    {
        _leaf.Dispose();
        _insert.Dispose();
        _insertSegment.Dispose();
    }
}
