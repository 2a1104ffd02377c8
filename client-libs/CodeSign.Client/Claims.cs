using CodeSign.Wire.V1;

namespace CodeSign.Client;

/// <summary>What this process says of itself with each signature.</summary>
public static class Claims
{
    /// <summary>Program path, user, host, process id, and the settings' labels and justification.</summary>
    public static Claimed Collect(ClientSettings settings) => throw new NotSupportedException("Being built.");
}
