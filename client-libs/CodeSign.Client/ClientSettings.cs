using System.Text;
using CodeSign.Client.Sockets;

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

    /// <summary>True: CKA_EC_POINT of Edwards and Montgomery keys is given out raw, not as a DER OCTET STRING.</summary>
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

    /// <summary>True where <see cref="Grant"/> is the environment variable's.</summary>
    public bool IsGrantFromEnvironment { get; init; }

    /// <summary>True when the contents of the named files are in this object.</summary>
    public bool FilesAreRead { get; init; }

    /// <summary>Where the machine's configuration stands.</summary>
    public const string MachineFile = "/etc/codesign/client.conf";

    /// <summary>Reads the configuration file and the environment variables over it, but not the files named in it.</summary>
    /// <param name="path">The file, or null: CODESIGN_CONFIG, the user's, the machine's.</param>
    /// <param name="getenv">Reads one environment variable.</param>
    /// <param name="raisedRights">True: no environment variable is read (<see cref="RunsWithRaisedRights"/>).</param>
    /// <exception cref="ApplianceException">client.configuration, naming file and line.</exception>
    public static ClientSettings Load(string? path, Func<string, string?> getenv, bool raisedRights)
    {
        ArgumentNullException.ThrowIfNull(getenv);
        string? Read(string name) => raisedRights || getenv(name) is not { Length: > 0 } value ? null : value;
        string? file = path ?? Read("CODESIGN_CONFIG");
        if (file is null)
        {
            string? user = UserFile(Read);
            file = user is not null && File.Exists(user) ? user : MachineFile;
            if (!File.Exists(file))
            {
                throw Fault.Configuration(
                    $"No appliance is configured: there is neither {user ?? "a user's configuration"} nor {MachineFile}; run "
                        + "'csctl trust add https://HOST:7443 --fingerprint …'.");
            }
        }

        return SettingsFile.Read(file).Override(Read);
    }

    /// <summary>
    /// The user's configuration file: below XDG_CONFIG_HOME or ~/.config, in a folder of its own for a CODESIGN_INSTANCE; null where
    /// there is no home.
    /// </summary>
    public static string? UserFile(Func<string, string?> getenv)
    {
        ArgumentNullException.ThrowIfNull(getenv);
        string? home = getenv("XDG_CONFIG_HOME") is { Length: > 0 } configured
            ? configured
            : getenv("HOME") is { Length: > 0 } own ? Path.Combine(own, ".config") : null;
        string instance = getenv("CODESIGN_INSTANCE") ?? "";
        if (instance.Contains('/', StringComparison.Ordinal) || instance.StartsWith('.'))
        {
            throw Fault.Configuration("CODESIGN_INSTANCE must be a plain name, without '/' and no dot at its start.");
        }

        return home is null ? null : Path.Combine(home, "codesign", instance, "client.conf");
    }

    /// <summary>AT_SECURE: this process has more rights than its caller (set-user-id, file capabilities).</summary>
    public static bool RunsWithRaisedRights() => Libc.GetAuxiliaryValue(Libc.AuxiliarySecure) != 0;

    /// <summary>These settings with the contents of CA, grant, certificate and key file.</summary>
    /// <param name="needsGrant">False: no grant file is read.</param>
    /// <exception cref="ApplianceException">
    /// client.configuration: a file is missing, unreadable or not what it should be; client.not_logged_in: there is no grant file.
    /// </exception>
    public ClientSettings ReadFiles(bool needsGrant = true)
    {
        if (Servers.Count == 0)
        {
            throw Fault.Configuration($"{SourceFile ?? "The configuration"} names no server; add a line 'server = HOST:PORT'.");
        }

        if (CaFile is null)
        {
            throw Fault.Configuration(
                $"{SourceFile ?? "The configuration"} names no CA to trust; run 'csctl trust add https://{Servers[0]} --fingerprint …'.");
        }

        if ((CertificateFile is null) != (KeyFile is null))
        {
            throw Fault.Configuration($"{SourceFile ?? "The configuration"} must name both 'certificate' and 'key', or neither.");
        }

        byte[] ca = ReadPublic(Fault.CaFile, CaFile);
        byte[] certificate = CertificateFile is null ? [] : ReadPublic("certificate file", CertificateFile);
        ClientSecret? key = KeyFile is null ? null : SecretFile.Read("key file", KeyFile);
        return this with
        {
            CaPem = ca,
            CertificatePem = certificate,
            KeyPem = key,
            Grant = Grant ?? (needsGrant ? ReadGrant() : null),
            FilesAreRead = true,
        };
    }

    /// <summary>Everything as bytes, to be kept over a fork.</summary>
    public ClientSecret Pack() => PackedSettings.Write(this);

    /// <summary>What <see cref="Pack"/> wrote.</summary>
    /// <exception cref="FormatException">These bytes are something else.</exception>
    public static ClientSettings Unpack(ReadOnlySpan<byte> packed) => PackedSettings.Read(packed);

    private static byte[] ReadPublic(string what, string path)
    {
        using ClientSecret contents = SecretFile.Read(what, path);
        return contents.Span.ToArray();
    }

    private ClientSettings Override(Func<string, string?> read)
    {
        ClientSettings settings = this;
        if (read("CODESIGN_GRANT_FILE") is { } grantFile)
        {
            settings = settings with { GrantFile = Path.GetFullPath(grantFile) };
        }

        if (read("CODESIGN_GRANT") is { } grant)
        {
            settings = settings with
            {
                Grant = new ClientSecret(Encoding.UTF8.GetBytes(grant.Trim())),
                GrantFile = null,
                IsGrantFromEnvironment = true,
            };
        }

        if (read("CODESIGN_LABELS") is { } labels)
        {
            Dictionary<string, string> all = new(settings.Labels, StringComparer.Ordinal);
            foreach ((string name, string value) in SettingsFile.ParseLabels(labels, "CODESIGN_LABELS"))
            {
                all[name] = value;
            }

            settings = settings with { Labels = all };
        }

        return settings with { Justification = read("CODESIGN_JUSTIFICATION"), Trace = read("CODESIGN_TRACE") };
    }

    private ClientSecret? ReadGrant()
    {
        if (GrantFile is null)
        {
            return null;
        }

        try
        {
            return SecretFile.ReadLine("grant file", GrantFile);
        }
        catch (ApplianceException missing) when (missing.InnerException is FileNotFoundException or DirectoryNotFoundException)
        {
            // A client certificate is a credential, too: then the grant may be missing.
            return CertificateFile is null ? throw Fault.NotLoggedIn(GrantFile) : null;
        }
    }
}
