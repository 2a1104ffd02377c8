using System.Globalization;
using System.Text;

namespace CodeSign.Client;

/// <summary>The configuration file: lines <c>name = value</c>, <c>#</c> comments. Knows its names, not what they are for.</summary>
internal static class SettingsFile
{
    /// <summary>Bytes of a configuration file.</summary>
    public const int BytesMax = 64 * 1024;

    private const int TimeoutMsMax = 3_600_000;

    private const int NameCharactersMax = 64;

    private const string LabelPrefix = "label.";

    private delegate ClientSettings Apply(ClientSettings settings, string value, Place place);

    private static readonly Dictionary<string, Apply> Names = new(StringComparer.Ordinal)
    {
        ["server"] = (s, v, at) => s with { Servers = [.. s.Servers, .. ParseServers(v, at)] },
        ["ca"] = (s, v, at) => s with { CaFile = at.Resolve(v) },
        ["grant_file"] = (s, v, at) => s with { GrantFile = at.Resolve(v) },
        ["certificate"] = (s, v, at) => s with { CertificateFile = at.Resolve(v) },
        ["key"] = (s, v, at) => s with { KeyFile = at.Resolve(v) },
        ["project"] = (s, v, _) => s with { Project = v },
        ["edwards_point"] = (s, v, at) => s with { RawEdwardsPoints = at.Choice(v, "der", "raw") },
        ["older_keys"] = (s, v, at) => s with { ShowOlderKeys = at.Choice(v, "hide", "show") },
        ["hide_key_types"] = (s, v, _) => s with { HideKeyTypes = SplitList(v) },
        ["connect_timeout_ms"] = (s, v, at) => s with { ConnectTimeoutMs = at.Milliseconds(v) },
        ["answer_timeout_ms"] = (s, v, at) => s with { AnswerTimeoutMs = at.Milliseconds(v) },
    };

    /// <summary>Names a file may have, for documentation.</summary>
    public static IEnumerable<string> KnownNames => Names.Keys.Append(LabelPrefix + "NAME");

    /// <exception cref="ApplianceException">client.configuration, naming file and line.</exception>
    public static ClientSettings Read(string path)
    {
        using ClientSecret bytes = SecretFile.Read("configuration file", path);
        string text = Encoding.UTF8.GetString(bytes.Span);
        string full = Path.GetFullPath(path);
        ClientSettings settings = new() { SourceFile = full };
        HashSet<string> seen = new(StringComparer.Ordinal);
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            Place place = new(full, ++number);
            string line = raw.Trim().TrimStart('\uFEFF');
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.Contains('\0', StringComparison.Ordinal))
            {
                throw place.Wrong("a NUL character stands there; this is no text");
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                // Not told: the file may be another than was meant, and the line a secret.
                throw place.Wrong("there is no setting; write 'name = value'");
            }

            string name = line[..equals].TrimEnd();
            string value = line[(equals + 1)..].TrimStart();
            bool looksLikeOne = name.StartsWith(LabelPrefix, StringComparison.Ordinal) || name.All(c => char.IsAsciiLetterLower(c) || c is '_' or '.');
            if (name.Length > NameCharactersMax || !looksLikeOne)
            {
                throw place.Wrong($"that isn't a setting; known are {string.Join(", ", KnownNames)}");
            }

            if (value.Length == 0)
            {
                throw place.Wrong($"'{name}' has no value; write 'name = value'");
            }

            if (!seen.Add(name) && !string.Equals(name, "server", StringComparison.Ordinal))
            {
                throw place.Wrong($"'{name}' stands there a second time; remove one of the lines");
            }

            settings = ApplyLine(settings, name, value, place);
        }

        return settings;
    }

    /// <summary>Reads <c>a=b, c=d</c>.</summary>
    public static Dictionary<string, string> ParseLabels(string text, string where)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string pair in SplitList(text))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw Fault.Configuration($"{where}: '{pair}' is no label; write NAME=VALUE, several separated by commas.");
            }

            labels[pair[..equals].TrimEnd()] = pair[(equals + 1)..].TrimStart();
        }

        return labels;
    }

    private static ClientSettings ApplyLine(ClientSettings settings, string name, string value, Place place)
    {
        if (name.StartsWith(LabelPrefix, StringComparison.Ordinal) && name.Length > LabelPrefix.Length)
        {
            Dictionary<string, string> labels = new(settings.Labels, StringComparer.Ordinal) { [name[LabelPrefix.Length..]] = value };
            return settings with { Labels = labels };
        }

        return Names.TryGetValue(name, out Apply? apply)
            ? apply(settings, value, place)
            : throw place.Wrong($"'{name}' isn't a setting; known are {string.Join(", ", KnownNames)}");
    }

    private static List<ServerAddress> ParseServers(string text, Place place)
    {
        List<ServerAddress> servers = [];
        foreach (string part in SplitList(text))
        {
            servers.Add(ServerAddress.TryParse(part, out ServerAddress server)
                ? server
                : throw place.Wrong($"'{part}' is no server; write HOST or HOST:PORT"));
        }

        return servers;
    }

    private static string[] SplitList(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A line of a file, to be named in a complaint.</summary>
    private readonly record struct Place(string File, int Line)
    {
        public ApplianceException Wrong(string what) =>
            Fault.Configuration(string.Create(CultureInfo.InvariantCulture, $"{File}, line {Line}: {what}."));

        /// <summary>Relative paths are relative to the configuration file.</summary>
        public string Resolve(string path) => Path.GetFullPath(path, Path.GetDirectoryName(File) ?? "/");

        public bool Choice(string value, string no, string yes)
        {
            bool isYes = string.Equals(value, yes, StringComparison.Ordinal);
            return isYes || string.Equals(value, no, StringComparison.Ordinal)
                ? isYes
                : throw Wrong($"'{value}' isn't allowed; write '{no}' or '{yes}'");
        }

        public int Milliseconds(string value) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= TimeoutMsMax
                ? number
                : throw Wrong($"'{value}' isn't a time in milliseconds from 1 to {TimeoutMsMax}");
    }
}
