namespace CodeSign.Appliance.Keys.Software;

/// <summary>How the software backend keeps prepared keys.</summary>
public sealed record SoftwareOptions
{
    /// <summary>Unsealed keys held ready for use at most; the one used longest ago goes first.</summary>
    public int PreparedKeysMax { get; init; } = 1_000;

    /// <summary>A prepared key that nobody used for this long is wiped from memory.</summary>
    public TimeSpan PreparedKeyIdle { get; init; } = TimeSpan.FromMinutes(15);
}
