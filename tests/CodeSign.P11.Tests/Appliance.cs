using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>
/// The appliance behind the module: started once per run by eng/appliance.sh, or the one CODESIGN_TEST_APPLIANCE points to (a
/// folder with the file <c>env</c> that eng/appliance.sh writes).
/// </summary>
internal static class Appliance
{
    private static readonly TimeSpan UpDeadline = TimeSpan.FromSeconds(180);
    private static readonly Lazy<Dictionary<string, string>> Started = new(Start);
    private static Workbench? _bench;

    /// <summary>What eng/appliance.sh tells its users.</summary>
    public static IReadOnlyDictionary<string, string> Environment => Started.Value;

    /// <summary>A bench whose programs sign.</summary>
    public static Workbench Bench()
    {
        Workbench bench = HostProgram.WithoutAppliance();
        foreach (string name in new[] { "CODESIGN_CONFIG", "CODESIGN_PIN", "CODESIGN_SO_PIN", "CODESIGN_TOKEN_LABEL" })
        {
            bench.Set(name, Environment[name]);
        }

        return bench;
    }

    /// <summary>The client's configuration, with its files named wherever the copy lies.</summary>
    public static string[] ConfigurationLines()
    {
        string file = Environment["CODESIGN_CONFIG"];
        return [.. File.ReadLines(file).Select(line => Absolute(line, Path.GetDirectoryName(file)!))];
    }

    /// <summary>The grant the configuration names.</summary>
    public static string Grant() => File.ReadAllText(
        ConfigurationLines().First(line => line.StartsWith("grant_file", StringComparison.Ordinal)).Split('=', 2)[1].Trim()).Trim();

    /// <summary>eng/appliance.sh kill, restart …; inconclusive where somebody else's appliance is used.</summary>
    public static void Do(string verb)
    {
        _ = Environment;
        if (_bench is null)
        {
            Assert.Inconclusive("The appliance of CODESIGN_TEST_APPLIANCE isn't ours to stop.");
        }

        _bench.Run($"{Script} {verb} {_bench.At("appliance")}", input: null, UpDeadline).Succeeds();
    }

    public static void Stop()
    {
        _bench?.Run($"{Script} down {_bench.At("appliance")}", input: null, UpDeadline);
        _bench?.Dispose();
    }

    private static string Absolute(string line, string folder)
    {
        string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
        return parts[0] is "ca" or "grant_file" or "certificate" or "key" ? $"{parts[0]} = {Path.Combine(folder, parts[1])}" : line;
    }

    private static string Script => Repository.PathOf("eng/appliance.sh");

    private static Dictionary<string, string> Start()
    {
        string? folder = System.Environment.GetEnvironmentVariable("CODESIGN_TEST_APPLIANCE");
        if (folder is null)
        {
            if (!File.Exists(Script))
            {
                Assert.Inconclusive("eng/appliance.sh is missing; it starts the appliance these tests sign with.");
            }

            _bench = new Workbench();
            foreach (string name in new[] { "PATH", "HOME", "DOTNET_ROOT", "NUGET_PACKAGES" })
            {
                if (System.Environment.GetEnvironmentVariable(name) is { } value)
                {
                    _bench.Set(name, value);
                }
            }

            folder = _bench.At("appliance");
            _bench.Run($"{Script} up {folder}", input: null, UpDeadline).Succeeds();
        }

        return File.ReadAllLines(Path.Combine(folder, "env"))
            .Where(line => line.StartsWith("export ", StringComparison.Ordinal))
            .Select(line => line["export ".Length..].Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('\''), StringComparer.Ordinal);
    }
}
