using System.Text.Json;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>One exported leaf of the audit record, as a stranger reads it.</summary>
internal sealed record AuditRecord(
    long Seq, string Event, string Actor, string? Environment, string? Mechanism, string? Hash, string? Digest, string? SignatureSha256,
    string? Request, string Outcome, string? Reason)
{
    public static IReadOnlyList<AuditRecord> Export(ApplianceFolder appliance, long from = 0) =>
        [.. appliance.Admin($"audit export --from {from.ToString(System.Globalization.CultureInfo.InvariantCulture)}").Succeeds()
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static AuditRecord Parse(string line)
    {
        JsonElement leaf = JsonDocument.Parse(line).RootElement;
        string? Text(string name) => leaf.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
        Assert.StartsWith("{\"v\":1", line);
        return new AuditRecord(
            leaf.GetProperty("seq").GetInt64(), Text("event")!, Text("actor")!, Text("environment"), Text("mechanism"), Text("hash"),
            Text("digest"), Text("signature_sha256"), Text("request"), Text("outcome")!, Text("reason"));
    }
}
