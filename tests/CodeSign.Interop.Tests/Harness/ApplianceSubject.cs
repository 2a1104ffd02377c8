using System.Globalization;
using CodeSign.Tests;

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
        string module = environment["CODESIGN_P11_MODULE"];
        string label = environment["CODESIGN_TOKEN_LABEL"];
        subject.Bench.Set("CODESIGN_CONFIG", environment["CODESIGN_CONFIG"]);
        subject._token = new Token(
            module, label, environment["CODESIGN_PIN"], SlotIndex(subject.Bench.Run($"pkcs11-tool --module {module} -L").Succeeds(), label),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = environment["CODESIGN_CONFIG"] });
        return subject;
    }

    public override void Dispose()
    {
        Bench.Run($"{Script} down {Data}", input: null, UpDeadline);
        Bench.Dispose();
    }

    /// <summary>From lines like `Slot 1 (0x5): ...` followed by one like `  token label : demo`.</summary>
    private static int SlotIndex(ToolRun listing, string label)
    {
        int index = -1;
        foreach (string line in listing.Output.Split('\n'))
        {
            if (line.StartsWith("Slot ", StringComparison.Ordinal))
            {
                index = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            }
            else if (line.Contains("token label", StringComparison.Ordinal) && line.Split(':')[1].Trim() is string found
                && string.Equals(found, label, StringComparison.Ordinal))
            {
                return index;
            }
        }
        throw new AssertFailedException($"No slot shows a token '{label}':\n{listing}");
    }

    private static string Script => Path.Combine(Repository.Root, "eng/appliance.sh");

    /// <summary>Lines of the form export NAME='value'.</summary>
    private static Dictionary<string, string> ReadEnvironment(string path) => File.ReadAllLines(path)
        .Where(line => line.StartsWith("export ", StringComparison.Ordinal))
        .Select(line => line["export ".Length..].Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1].Trim('\''), StringComparer.Ordinal);
}
