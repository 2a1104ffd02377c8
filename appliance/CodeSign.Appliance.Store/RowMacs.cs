using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Store;

/// <summary>What authenticates rows, the manifest and the audit head: one derived key for each, so that none can stand for another.</summary>
internal sealed class RowMacs(RootKey root) : IDisposable
{
    private const int HashBytes = 32;

    private readonly MacKey _row = new(root, "store/row");
    private readonly MacKey _manifest = new(root, "store/manifest");
    private readonly MacKey _head = new(root, "store/audit-head");

    /// <summary>Of an entity's row, or of one of meta (whose name is the id and whose value the body).</summary>
    /// <param name="table">The table.</param>
    /// <param name="id">The row's id.</param>
    /// <param name="body">As stored.</param>
    /// <param name="secretHash">SHA-256 of the sealed part, or empty when there is none.</param>
    public byte[] Row(string table, string id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> secretHash)
    {
        int tableBytes = Encoding.UTF8.GetByteCount(table);
        int idBytes = Encoding.UTF8.GetByteCount(id);
        byte[] message = new byte[(2 * sizeof(int)) + tableBytes + idBytes + HashBytes + secretHash.Length];
        Span<byte> rest = Part(Part(message, table, tableBytes), id, idBytes);
        SHA256.HashData(body, rest);
        secretHash.CopyTo(rest[HashBytes..]);
        return _row.Compute(message);
    }

    public byte[] Manifest(long generation, AuditHead head, ReadOnlySpan<byte> digest)
    {
        Span<byte> message = stackalloc byte[16 + (2 * HashBytes)];
        BinaryPrimitives.WriteInt64BigEndian(message, generation);
        BinaryPrimitives.WriteUInt64BigEndian(message[8..], head.Size);
        head.Root.Span.CopyTo(message[16..]);
        digest.CopyTo(message[(16 + HashBytes)..]);
        return _manifest.Compute(message);
    }

    /// <summary>The head holds the manifest's MAC: neither of the two can be put back without the other.</summary>
    public byte[] Head(AuditHead head, long generation, ReadOnlySpan<byte> manifestMac)
    {
        Span<byte> message = stackalloc byte[16 + (2 * HashBytes)];
        BinaryPrimitives.WriteInt64BigEndian(message, generation);
        BinaryPrimitives.WriteUInt64BigEndian(message[8..], head.Size);
        head.Root.Span.CopyTo(message[16..]);
        manifestMac.CopyTo(message[(16 + HashBytes)..]);
        return _head.Compute(message);
    }

    public void Dispose()
    {
        _row.Dispose();
        _manifest.Dispose();
        _head.Dispose();
    }

    private static Span<byte> Part(Span<byte> target, string text, int bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, bytes);
        Encoding.UTF8.GetBytes(text, target[sizeof(int)..]);
        return target[(sizeof(int) + bytes)..];
    }
}
