namespace CodeSign.Appliance.Store;

/// <summary>What a check of the whole database found.</summary>
/// <param name="Leaves">Audit records read.</param>
/// <param name="Rows">Other rows read.</param>
/// <param name="Findings">One sentence for each thing that is wrong; empty when all is well.</param>
public sealed record CheckReport(ulong Leaves, ulong Rows, IReadOnlyList<string> Findings)
{
    public bool Ok => Findings.Count == 0;
}
