using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>Our module in front of an appliance made for this run by eng/appliance.sh.</summary>
internal sealed class ApplianceSubject : Subject
{
    private readonly ApplianceFolder _appliance;
    private readonly Token _token;
    private readonly string _oneProject;

    private ApplianceSubject(ApplianceFolder appliance)
    {
        _appliance = appliance;
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = appliance["CODESIGN_CONFIG"] };
        Bench.Set(environment);
        // Beside the original, for the files it names are relative to it.
        _oneProject = Path.Combine(Path.GetDirectoryName(appliance["CODESIGN_CONFIG"])!, "one-project.conf");
        File.WriteAllText(_oneProject, $"{File.ReadAllText(appliance["CODESIGN_CONFIG"])}project = {appliance.TokenLabel}\n");
        ToolRun slots = Bench.Run($"pkcs11-tool --module {appliance.Module} -L").Succeeds();
        _token = new Token(appliance.Module, appliance.TokenLabel, appliance.Pin, SlotIndex(slots, appliance.TokenLabel), environment);
    }

    public override bool IsOurs => true;

    public override Token Main => _token;

    public override IReadOnlyDictionary<string, string> MainAlone =>
        new Dictionary<string, string>(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = _oneProject };

    public override Token Edwards => _token;

    public static ApplianceSubject Create() => new(ApplianceFolder.Up());

    public override void Dispose()
    {
        _appliance.Dispose();
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
}
