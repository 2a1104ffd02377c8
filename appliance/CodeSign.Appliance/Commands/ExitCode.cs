namespace CodeSign.Appliance.Commands;

/// <summary>What codesignd's exit status says; `codesignd --help` lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The appliance refused, or a check found something.</summary>
    public const int Refused = 1;

    /// <summary>The command line or the configuration can't be followed.</summary>
    public const int Usage = 2;

    /// <summary>status: no daemon runs on the data folder.</summary>
    public const int NotRunning = 3;

    /// <summary>The data folder or its database can't be used: missing, not writable, in use by another process.</summary>
    public const int Store = 4;

    /// <summary>A wrong passphrase or key file.</summary>
    public const int Seal = 5;

    /// <summary>The database was changed by something other than the appliance.</summary>
    public const int Tampered = 6;

    /// <summary>A fault of ours; the log has the detail.</summary>
    public const int Fault = 7;
}
