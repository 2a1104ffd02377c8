namespace CodeSign.Appliance.Custody;

/// <summary>Keeps key material out of core dumps, where the system lets us.</summary>
public static class ProcessHardening
{
    /// <summary>To be called first thing in the process. What could not be had: one sentence each, for the log.</summary>
    public static IReadOnlyList<string> Apply() => throw new NotSupportedException();
}
