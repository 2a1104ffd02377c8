namespace CodeSign.Interop.Tests.Harness;

/// <summary>Our module in front of an appliance made for this run by eng/appliance.sh.</summary>
internal sealed class ApplianceSubject : Subject
{
    private static readonly TimeSpan UpDeadline = TimeSpan.FromSeconds(120);

    private Token? _token;

    private ApplianceSubject()
    {
    }

    public override bool IsOurs => true;

    public override Token Main => _token!;

    public override Token Edwards => _token!;

    private string Data => Bench.At("appliance");

    public static ApplianceSubject Create()
    {
        if (!File.Exists(Path.Combine(Repository.Root, "artifacts/publish/libcodesign-p11.so")))
        {
            Assert.Inconclusive("artifacts/publish/libcodesign-p11.so is missing; eng/publish.sh makes it.");
        }
        ApplianceSubject subject = new();
        foreach (string name in new[] { "PATH", "HOME", "DOTNET_ROOT", "NUGET_PACKAGES" })
        {
            if (Environment.GetEnvironmentVariable(name) is string value)
            {
                subject.Bench.Set(name, value);
            }
        }
        (subject.Bench.Run($"{Script} up {subject.Data}", input: null, UpDeadline)).Succeeds();
        Dictionary<string, string> environment = ReadEnvironment(Path.Combine(subject.Data, "env"));
        subject._token = new Token(
            environment["CODESIGN_P11_MODULE"], environment["CODESIGN_TOKEN_LABEL"], environment["CODESIGN_PIN"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = environment["CODESIGN_CONFIG"] });
        return subject;
    }

    public override void Dispose()
    {
        Bench.Run($"{Script} down {Data}", input: null, UpDeadline);
        Bench.Dispose();
    }

    private static string Script => Path.Combine(Repository.Root, "eng/appliance.sh");

    /// <summary>Lines of the form export NAME='value'.</summary>
    private static Dictionary<string, string> ReadEnvironment(string path) => File.ReadAllLines(path)
        .Where(line => line.StartsWith("export ", StringComparison.Ordinal))
        .Select(line => line["export ".Length..].Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1].Trim('\''), StringComparer.Ordinal);
}
