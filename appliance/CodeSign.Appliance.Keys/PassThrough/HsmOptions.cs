using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>A hardware security module as the configuration names it.</summary>
public sealed record HsmOptions
{
    /// <summary>NAME in an environment's storage <c>hsm:NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the vendor's PKCS#11 library.</summary>
    public required string Library { get; init; }

    /// <summary>CKA_LABEL of the token; this or the serial number must be set, both must match when both are.</summary>
    public string? TokenLabel { get; init; }

    public string? TokenSerial { get; init; }

    /// <summary>Opens the user PIN when it is needed; what it returns is disposed after C_Login.</summary>
    public required Func<SecretBytes> Pin { get; init; }

    /// <summary>Sessions, and threads: requests that are on the device at once.</summary>
    public int Sessions { get; init; } = 4;

    /// <summary>Requests that wait for a session at most; one more is refused with <c>hsm.busy</c>.</summary>
    public int QueueMax { get; init; } = 256;

    /// <summary>From the moment a request is made until its caller gets <c>hsm.timeout</c>.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>As <see cref="Deadline"/>, for making a key pair: RSA-4096 takes some devices a minute.</summary>
    public TimeSpan GenerateDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A device that could not be reached is not tried again before this time has passed.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);
}
