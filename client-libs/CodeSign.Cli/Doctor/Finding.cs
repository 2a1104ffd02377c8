namespace CodeSign.Cli.Doctor;

/// <summary>What one check found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Result">How it is.</param>
/// <param name="Detail">A sentence; where something is wrong, also what to do.</param>
internal sealed record Finding(string Check, Result Result, string Detail);

/// <summary>How a check ended.</summary>
internal enum Result
{
    Ok,
    Warning,
    Wrong,

    /// <summary>It couldn't be made, because an earlier one failed.</summary>
    Skipped,
}
