using System.Text;
using CodeSign.Client;

namespace CodeSign.Cli.Commands;

/// <summary>Writes the configuration file; lines it doesn't change stay as their author wrote them.</summary>
internal static class ConfigurationFile
{
    /// <summary>The file that trust and login write: --config, CODESIGN_CONFIG, or the user's.</summary>
    public static string Target(Invocation invocation)
    {
        string? configured = invocation.ConfigOption ?? invocation.Terminal.GetEnvironment("CODESIGN_CONFIG");
        string path = Path.GetFullPath(configured is { Length: > 0 } file
            ? file
            : ClientSettings.UserFile(invocation.Terminal.GetEnvironment)
                ?? throw CommandFault.Usage("There is no home directory to keep the configuration in; name a file with --config."));
        return Directory.Exists(path) ? throw CommandFault.File($"{path} is a folder; name a file with --config.") : path;
    }

    /// <summary>Adds a server and its CA. Several servers of one appliance have one CA.</summary>
    public static void Trust(string file, ServerAddress server, string caPem, string fingerprint, bool replace)
    {
        string folder = Path.GetDirectoryName(file)!;
        bool isNew = !File.Exists(file);
        ClientSettings old = isNew ? new ClientSettings() : ClientSettings.Load(file, _ => null, raisedRights: true);
        string stem = Path.GetFileNameWithoutExtension(file);
        string caFile = old.CaFile ?? Path.Combine(folder, stem + "-ca.pem");
        bool sameAuthority = Holds(caFile, caPem);
        if (!replace && old.Servers.Count > 0 && !sameAuthority && (old.CaFile is not null || !old.Servers.Contains(server)))
        {
            throw CommandFault.Usage($"{file} trusts another appliance ({old.Servers[0]}); use --replace, or another file with --config.");
        }

        List<string> lines = isNew ? ["# Written by csctl; csctl(1) describes the settings."] : [.. File.ReadAllLines(file)];
        IEnumerable<ServerAddress> servers = replace || !sameAuthority ? [server] : old.Servers.Append(server).Distinct();
        // Named by the CA as well: a server's name may come back with another appliance behind it.
        string mark = new([.. fingerprint.Where(char.IsAsciiHexDigit).Take(8)]);
        string own = $"{stem}-{string.Concat(server.ToString().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'))}-{mark}";
        if (!sameAuthority && File.Exists(caFile))
        {
            // A bundle, perhaps, or shared with others: never written over.
            caFile = Path.Combine(folder, own + "-ca.pem");
        }

        Set(lines, "server", string.Join(", ", servers));
        Set(lines, "ca", Relative(folder, caFile));
        if (replace && !sameAuthority)
        {
            // What proved us to the other appliance is none of this one's business.
            lines.RemoveAll(line => IsSetting(line, "certificate") || IsSetting(line, "key") || IsSetting(line, "project"));
            Set(lines, "grant_file", own + ".grant");
        }
        else if (old.GrantFile is null)
        {
            Set(lines, "grant_file", stem + ".grant");
        }

        if (!Holds(caFile, caPem))
        {
            Save(caFile, [.. caPem.TrimEnd().Split('\n')]);
        }

        Save(file, lines);
    }

    /// <summary>Sets one line.</summary>
    public static void Set(string file, string name, string value)
    {
        List<string> lines = [.. File.ReadAllLines(file)];
        Set(lines, name, value);
        Save(file, lines);
    }

    public static string Relative(string folder, string path) =>
        string.Equals(Path.GetDirectoryName(path), folder, StringComparison.Ordinal) ? Path.GetFileName(path) : path;

    private static void Set(List<string> lines, string name, string value)
    {
        int first = lines.FindIndex(line => IsSetting(line, name));
        lines.RemoveAll(line => IsSetting(line, name));
        lines.Insert(first < 0 ? lines.Count : first, $"{name} = {value}");
    }

    private static bool Holds(string caFile, string caPem) =>
        File.Exists(caFile) && File.ReadAllText(caFile).Contains(caPem.Trim(), StringComparison.Ordinal);

    private static bool IsSetting(string line, string name) =>
        line.Contains('=', StringComparison.Ordinal) && string.Equals(line.Split('=', 2)[0].Trim(), name, StringComparison.Ordinal);

    private static void Save(string file, List<string> lines)
    {
        try
        {
            WholeFile.Write(file, mode: null, stream => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n")));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{file} can't be written ({fault.Message.TrimEnd('.')}).", fault);
        }
    }
}
