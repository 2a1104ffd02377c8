using System.Collections.Immutable;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store;

/// <summary>What is durable, at one moment: replaced as a whole after each commit, read by everyone without a lock.</summary>
/// <param name="Snapshot">Governance.</param>
/// <param name="Head">The audit log's head.</param>
/// <param name="Segments">Roots of the audit log's complete segments.</param>
/// <param name="SecretHashes">SHA-256 of each sealed part, by <see cref="SecretKey"/>: an older one put back is noticed when it is used.</param>
internal sealed record StoreState(
    Snapshot Snapshot, AuditHead Head, ImmutableList<byte[]> Segments, ImmutableDictionary<string, byte[]> SecretHashes)
{
    public static string SecretKey(string table, string id) => table + "/" + id;
}
