using System.Net;
using CodeSign.Appliance.Transport;
using Serilog.Events;

namespace CodeSign.Appliance.Configuration;

/// <summary>
/// Everything an operator can set, read and validated once (packaging/codesignd.conf explains each name). Passed down; nothing else
/// reads configuration.
/// </summary>
internal sealed record ApplianceOptions
{
    public const string FileName = "codesignd.conf";
    public const string DefaultFolder = "/var/lib/codesign";

    /// <summary>The data folder, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>Where the token protocol listens; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 7443);

    /// <summary>What the token protocol's listener is made of.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Sockets;

    /// <summary>Where HTTPS listens, or null for not at all.</summary>
    public IPEndPoint? Https { get; init; } = new(IPAddress.Loopback, 8443);

    /// <summary>Names and addresses clients use, for the appliance's own certificate; the first is its common name.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = ["localhost", "127.0.0.1"];

    public ClientCertificates ClientCertificates { get; init; } = ClientCertificates.Accepted;

    /// <summary>PEM files of a certificate from elsewhere (leaf first) and its key, or null: the appliance's own CA.</summary>
    public string? CertificateFile { get; init; }

    public string? CertificateKeyFile { get; init; }

    public string? PassphraseFile { get; init; }

    public string? KeyFile { get; init; }

    public int ConnectionsMax { get; init; } = 10_000;

    public int UnauthenticatedMax { get; init; } = 4_000;

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long requests in flight may take to finish when the daemon stops.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    public LogEventLevel LogLevel { get; init; } = LogEventLevel.Information;

    /// <summary>Compact JSON on the console instead of text; the file is always JSON.</summary>
    public bool ConsoleJson { get; init; }

    public IReadOnlyList<HsmSection> Hsms { get; init; } = [];

    public string Database => Path.Combine(Folder, "codesign.db");

    public string AdminSocket => Path.Combine(Folder, "admin.sock");

    public string EndpointsFile => Path.Combine(Folder, "endpoints.json");

    public string AuthorityFile => Path.Combine(Folder, "ca.pem");

    public string LogFolder => Path.Combine(Folder, "log");

    /// <summary>Reads <paramref name="file"/>, or <c>codesignd.conf</c> in the data folder.</summary>
    /// <exception cref="ConfigurationException">With file and line.</exception>
    public static ApplianceOptions Load(string folder, string? file)
    {
        string absolute = Path.GetFullPath(folder);
        if (!Directory.Exists(absolute))
        {
            throw new ConfigurationException($"There is no data folder {absolute}: `codesignd init --data {absolute}` makes one.");
        }

        string path = file ?? Path.Combine(absolute, FileName);
        return file is null && !File.Exists(path)
            ? new ApplianceOptions { Folder = absolute }
            : From(absolute, ConfigurationFile.Read(path));
    }

    /// <exception cref="ConfigurationException">With file and line.</exception>
    public static ApplianceOptions From(string folder, ConfigurationFile file)
    {
        ConfigurationSection main = file.Main;
        ApplianceOptions standard = new() { Folder = folder };
        string[] hosts = main.List("host_name");
        ApplianceOptions options = standard with
        {
            Listen = main.Text("listen") is { } listen ? ParseEndpoint(main, "listen", listen) : standard.Listen,
            Transport = main.Choice(
                "transport", standard.Transport, ("sockets", TransportKind.Sockets), ("kestrel", TransportKind.Kestrel)),
            Https = main.Text("https") switch
            {
                null => standard.Https,
                "off" => null,
                string https => ParseEndpoint(main, "https", https),
            },
            HostNames = hosts.Length > 0 ? [.. hosts.Select(host => Host(main, host))] : standard.HostNames,
            ClientCertificates = main.Choice(
                "client_certificates",
                standard.ClientCertificates,
                ("off", ClientCertificates.Off),
                ("accepted", ClientCertificates.Accepted),
                ("required", ClientCertificates.Required)),
            CertificateFile = AbsolutePath(main, folder, "tls_certificate"),
            CertificateKeyFile = AbsolutePath(main, folder, "tls_key"),
            PassphraseFile = AbsolutePath(main, folder, "passphrase_file"),
            KeyFile = AbsolutePath(main, folder, "key_file"),
            ConnectionsMax = main.Number("connections_max", standard.ConnectionsMax, 1, 1_000_000),
            UnauthenticatedMax = main.Number("unauthenticated_max", standard.UnauthenticatedMax, 1, 1_000_000),
            HandshakeTimeout = TimeSpan.FromSeconds(main.Number("handshake_timeout_seconds", 10, 1, 300)),
            Grace = TimeSpan.FromSeconds(main.Number("stop_seconds", 30, 0, 3600)),
            LogLevel = main.Choice(
                "log_level",
                standard.LogLevel,
                ("debug", LogEventLevel.Debug),
                ("information", LogEventLevel.Information),
                ("warning", LogEventLevel.Warning),
                ("error", LogEventLevel.Error)),
            ConsoleJson = main.Choice("log_console", false, ("text", false), ("json", true)),
            Hsms = [.. file.Sections.Select(section => HsmSection.From(folder, section))],
        };
        main.RefuseUnknown();
        return (options.CertificateFile is null) == (options.CertificateKeyFile is null)
            ? options
            : throw new ConfigurationException("tls_certificate and tls_key belong together: set both or neither.");
    }

    /// <summary>An address with a port: <c>127.0.0.1:7443</c>, <c>[::]:7443</c>.</summary>
    public static bool TryParseEndpoint(string text, out IPEndPoint endpoint)
    {
        int colon = text.LastIndexOf(':');
        bool valid = IPEndPoint.TryParse(text, out IPEndPoint? parsed) && colon > text.LastIndexOf(']')
            && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        endpoint = valid ? parsed! : new IPEndPoint(IPAddress.None, 0);
        return valid;
    }

    public static bool IsHostName(string text) =>
        IPAddress.TryParse(text, out _) || (text.Length <= 253 && Uri.CheckHostName(text) == UriHostNameType.Dns);

    internal static string? AbsolutePath(ConfigurationSection section, string folder, string setting) =>
        section.Text(setting) is { } path ? Path.GetFullPath(path, folder) : null;

    private static IPEndPoint ParseEndpoint(ConfigurationSection section, string setting, string text) =>
        TryParseEndpoint(text, out IPEndPoint endpoint)
            ? endpoint
            : throw section.Wrong(setting, "an address with a port, such as 127.0.0.1:7443 or [::]:7443");

    private static string Host(ConfigurationSection section, string host) =>
        IsHostName(host) ? host : throw section.Wrong("host_name", "DNS names and addresses, separated by commas");
}
