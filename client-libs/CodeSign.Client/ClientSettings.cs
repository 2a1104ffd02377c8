namespace CodeSign.Client;

/// <summary>
/// What a client is told: where the appliance is, whom it trusts, who it is. <see cref="Load"/> reads the configuration file,
/// <see cref="ReadFiles"/> the files it names; then nothing is read from disk any more (a forked child may have lost its rights).
/// </summary>
public sealed record ClientSettings
{
    /// <summary>The file read, or null.</summary>
    public string? SourceFile { get; init; }

    /// <summary>In the order they are tried.</summary>
    public IReadOnlyList<ServerAddress> Servers { get; init; } = [];

    public string? CaFile { get; init; }

    public string? GrantFile { get; init; }

    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>Only this project is shown, as slot 0; null: all.</summary>
    public string? Project { get; init; }

    /// <summary>True: CKA_EC_POINT of Edwards keys is given out raw, not as a DER OCTET STRING.</summary>
    public bool RawEdwardsPoints { get; init; }

    /// <summary>Older keys of an environment are shown, labelled name.N.</summary>
    public bool ShowOlderKeys { get; init; }

    /// <summary>CKK_* names (EC_EDWARDS) to hide; null: decided by the table of known quirks.</summary>
    public IReadOnlyList<string>? HideKeyTypes { get; init; }

    public int ConnectTimeoutMs { get; init; } = 3_000;

    public int AnswerTimeoutMs { get; init; } = 30_000;

    /// <summary>What the client says of itself with each signature: a CI run's URL, say.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string? Justification { get; init; }

    /// <summary>CODESIGN_TRACE: null = off, "1" or "stderr" = standard error, else a file's path.</summary>
    public string? Trace { get; init; }

    /// <summary>Contents of the CA file, once read.</summary>
    public ReadOnlyMemory<byte> CaPem { get; init; }

    /// <summary>Contents of the certificate file, once read.</summary>
    public ReadOnlyMemory<byte> CertificatePem { get; init; }

    /// <summary>Contents of the key file, once read.</summary>
    public ClientSecret? KeyPem { get; init; }

    /// <summary>The grant: from CODESIGN_GRANT, or the contents of the grant file, once read.</summary>
    public ClientSecret? Grant { get; init; }

    /// <summary>True when the contents of the named files are in this object.</summary>
    public bool FilesAreRead { get; init; }

    /// <summary>Reads the configuration file and the environment variables over it, but not the files named in it.</summary>
    /// <param name="path">The file, or null: CODESIGN_CONFIG, the user's, the machine's.</param>
    /// <param name="getenv">Reads one environment variable.</param>
    /// <param name="raisedRights">True: no environment variable is read (<see cref="RunsWithRaisedRights"/>).</param>
    /// <exception cref="ApplianceException">client.configuration, naming file and line.</exception>
    public static ClientSettings Load(string? path, Func<string, string?> getenv, bool raisedRights) => throw new NotSupportedException("Being built.");

    /// <summary>AT_SECURE: this process has more rights than its caller (set-user-id, file capabilities).</summary>
    public static bool RunsWithRaisedRights() => throw new NotSupportedException("Being built.");

    /// <summary>These settings with the contents of CA, grant, certificate and key file.</summary>
    /// <exception cref="ApplianceException">client.configuration: a file is missing, unreadable or not what it should be.</exception>
    public ClientSettings ReadFiles() => throw new NotSupportedException("Being built.");

    /// <summary>Everything as bytes, to be kept over a fork.</summary>
    public ClientSecret Pack() => throw new NotSupportedException("Being built.");

    /// <summary>What <see cref="Pack"/> wrote.</summary>
    public static ClientSettings Unpack(ReadOnlySpan<byte> packed) => throw new NotSupportedException("Being built.");
}
