using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Verification;

/// <summary>
/// The audit log, read from the disk and verified. Opening verifies the segments' roots and the leaves since the last but one of them
/// against the head; a check verifies every leaf.
/// </summary>
internal sealed class StoredAudit
{
    private readonly Findings _findings;

    private StoredAudit(Findings findings) => _findings = findings;

    public AuditHead Head { get; private set; } = new(0, Array.Empty<byte>());

    public ImmutableList<byte[]> Segments { get; private set; } = [];

    public MerkleTree Tree { get; } = new();

    /// <summary>Of the last record; 0 when there is none.</summary>
    public long LastMilliseconds { get; private set; }

    /// <summary>Reads head, segments and the tail.</summary>
    public static StoredAudit Read(Database database, RowMacs macs, StoredRows rows, Findings findings)
    {
        StoredAudit audit = new(findings);
        if (audit.ReadHead(database, macs, rows) && audit.ReadSegments(database))
        {
            audit.VerifyEnds(database);
            audit.VerifyTail(database);
        }

        return audit;
    }

    /// <summary>Verifies every leaf below the head's size. Records may be appended meanwhile.</summary>
    public void VerifyAll(Database database, IProgress<ulong>? progress, CancellationToken cancel)
    {
        MerkleTree tree = new();
        LeafReader leaves = new(database);
        for (ulong from = 0; from < Head.Size; from += MerkleTree.SegmentLeaves)
        {
            cancel.ThrowIfCancellationRequested();
            ulong to = ulong.Min(from + MerkleTree.SegmentLeaves, Head.Size);
            ulong present = leaves.Append(tree, from, to);
            if (present != to)
            {
                _findings.Add($"Audit record {present} is missing.");
                return;
            }

            if (to % MerkleTree.SegmentLeaves == 0
                && !CryptographicOperations.FixedTimeEquals(tree.SegmentRoot, Segments[(int)(from / MerkleTree.SegmentLeaves)]))
            {
                _findings.Add($"An audit record between {from} and {to - 1} was changed.");
                return;
            }

            progress?.Report(to);
        }

        if (!CryptographicOperations.FixedTimeEquals(tree.Root(), Head.Root.Span))
        {
            _findings.Add("The audit records don't match the head of the log.");
        }
    }

    private bool ReadHead(Database database, RowMacs macs, StoredRows rows)
    {
        using Statement row = database.Prepare("SELECT size, root, generation, mac FROM audit_head WHERE one = 1");
        if (!row.Step())
        {
            _findings.Add("The head of the audit log is missing.");
            return false;
        }

        Head = new(unchecked((ulong)row.Number(0)), row.Bytes(1).ToArray());
        long generation = row.Number(2);
        if (Head.Root.Length != MerkleTree.HashBytes || rows.ManifestMac.Length != MerkleTree.HashBytes
            || !CryptographicOperations.FixedTimeEquals(macs.Head(Head, generation, rows.ManifestMac), row.Bytes(3)))
        {
            _findings.Add("The head of the audit log was changed, or it and the manifest are not of the same time.");
            return false;
        }

        if (generation != rows.Snapshot.Generation || Head.Size < rows.AuditSizeMin)
        {
            _findings.Add("The audit log is older than the rest.");
            return false;
        }

        return true;
    }

    private bool ReadSegments(Database database)
    {
        ImmutableList<byte[]>.Builder segments = ImmutableList.CreateBuilder<byte[]>();
        using Statement row = database.Prepare("SELECT segment, root FROM audit_segments ORDER BY segment");
        while (row.Step())
        {
            byte[] root = row.Bytes(1).ToArray();
            if (row.Number(0) != segments.Count || root.Length != MerkleTree.HashBytes)
            {
                _findings.Add($"Segment {segments.Count} of the audit log was changed.");
                return false;
            }

            segments.Add(root);
        }

        Segments = segments.ToImmutable();
        if ((ulong)Segments.Count != Head.Size / MerkleTree.SegmentLeaves)
        {
            _findings.Add("A segment of the audit log was added or removed.");
            return false;
        }

        return true;
    }

    private void VerifyEnds(Database database)
    {
        if (database.QueryNumber("SELECT min(seq) FROM audit") is < 0
            || unchecked((ulong)((database.QueryNumber("SELECT max(seq) FROM audit") ?? -1) + 1)) != Head.Size)
        {
            _findings.Add("An audit record was added or removed at an end of the log.");
        }
    }

    private void VerifyTail(Database database)
    {
        // The last complete segment is read leaf by leaf as well, so that the tail that is verified is never short.
        int trusted = int.Max(Segments.Count - 1, 0);
        foreach (byte[] root in Segments.Take(trusted))
        {
            Tree.AppendSubtree(MerkleTree.SegmentLevel, root);
        }

        LeafReader leaves = new(database);
        ulong complete = (ulong)Segments.Count * MerkleTree.SegmentLeaves;
        ulong present = leaves.Append(Tree, Tree.Size, complete);
        if (present == complete && complete > 0 && !CryptographicOperations.FixedTimeEquals(Tree.SegmentRoot, Segments[^1]))
        {
            _findings.Add($"The last complete segment of the audit log, or a record since number {complete - MerkleTree.SegmentLeaves}, was changed.");
            return;
        }

        present = present == complete ? leaves.Append(Tree, complete, Head.Size) : present;
        if (present != Head.Size)
        {
            _findings.Add($"Audit record {present} is missing.");
        }
        else if (!CryptographicOperations.FixedTimeEquals(Tree.Root(), Head.Root.Span))
        {
            _findings.Add($"An audit record since number {(ulong)trusted * MerkleTree.SegmentLeaves}, or a segment of the log, was changed.");
        }
        else if (Head.Size > 0)
        {
            LastMilliseconds = TimeOf(leaves.Read(Head.Size - 1));
        }
    }

    /// <summary>The time of a leaf.</summary>
    internal static long TimeOf(byte[] leaf)
    {
        using JsonDocument json = JsonDocument.Parse(leaf);
        return json.RootElement.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds();
    }
}
