namespace CodeSign.Tests;

/// <summary>A whole appliance in a folder of its own, made by eng/appliance.sh from what eng/publish.sh published.</summary>
internal sealed class ApplianceFolder : IDisposable
{
    private static readonly TimeSpan ScriptDeadline = TimeSpan.FromSeconds(120);

    private readonly Workbench _bench = new();
    private readonly string? _elsewhere;

    private ApplianceFolder(string? folder) => _elsewhere = folder;

    /// <summary>What eng/appliance.sh wrote for clients to use (DIR/env).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string this[string name] => Environment[name];

    public string Folder => _elsewhere ?? _bench.At("a");

    public string Module => this["CODESIGN_P11_MODULE"];

    public string TokenLabel => this["CODESIGN_TOKEN_LABEL"];

    public string Pin => this["CODESIGN_PIN"];

    public int ProcessId => int.Parse(this["CODESIGND_PID"], System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="folder">An empty folder for it, or null for a temporary one.</param>
    public static ApplianceFolder Up(string? folder = null)
    {
        string module = Repository.PathOf("artifacts/publish/libcodesign-p11.so");
        if (!File.Exists(module))
        {
            Assert.Inconclusive($"{module} is missing; eng/publish.sh makes it.");
        }
        ApplianceFolder appliance = new(folder);
        foreach (string name in new[] { "PATH", "HOME", "DOTNET_ROOT", "NUGET_PACKAGES" })
        {
            if (System.Environment.GetEnvironmentVariable(name) is string value)
            {
                appliance._bench.Set(name, value);
            }
        }
        appliance.Script("up");
        appliance.ReadEnvironment();
        return appliance;
    }

    public void Down() => Script("down");

    public void Kill() => Script("kill");

    public void Restart()
    {
        Script("restart");
        ReadEnvironment();
    }

    /// <summary>A file in its folder.</summary>
    public string At(string path) => Path.Combine(Folder, path);

    /// <summary>csctl as the key user.</summary>
    public ToolRun Csctl(Command command) => _bench.Run($"{this["CODESIGNCTL"]} --config {this["CODESIGN_CONFIG"]} {command}");

    /// <summary>csctl as the administrator.</summary>
    public ToolRun Admin(Command command) => _bench.Run($"{this["CODESIGNCTL"]} --config {this["CODESIGN_ADMIN_CONFIG"]} {command}");

    /// <summary>codesignd over its data folder.</summary>
    public ToolRun Daemon(Command command) => _bench.Run($"{this["CODESIGND"]} {command} --data {this["CODESIGN_DATA"]}");

    public void Dispose()
    {
        _bench.Run($"{Repository.PathOf("eng/appliance.sh")} down {Folder}", input: null, ScriptDeadline);
        _bench.Dispose();
    }

    private void Script(string command) =>
        _bench.Run($"{Repository.PathOf("eng/appliance.sh")} {command} {Folder}", input: null, ScriptDeadline).Succeeds();

    /// <summary>Lines of the form export NAME='value'.</summary>
    private void ReadEnvironment() => Environment = File.ReadAllLines(At("env"))
        .Where(line => line.StartsWith("export ", StringComparison.Ordinal))
        .Select(line => line["export ".Length..].Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1].Trim('\''), StringComparer.Ordinal);
}
