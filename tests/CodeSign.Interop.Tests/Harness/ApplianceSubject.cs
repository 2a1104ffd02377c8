using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>Our module in front of an appliance made for this run by eng/appliance.sh.</summary>
internal sealed class ApplianceSubject : Subject
{
    /// <summary>Tokens of which each is one test's own, made before the first test: the positions of slots stay as they are.</summary>
    public static IReadOnlyList<string> OwnLabels { get; } = ["own-dotnet", "own-gnutls", "own-java", "own-nss", "own-objects", "own-opensc", "own-policy", "own-python"];

    private readonly ApplianceFolder _appliance;
    private readonly Token _token;
    private readonly Dictionary<string, Token> _others;

    private ApplianceSubject(ApplianceFolder appliance)
    {
        _appliance = appliance;
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = appliance["CODESIGN_CONFIG"] };
        Bench.Set(environment);
        foreach (string label in OwnLabels)
        {
            MakeProject(label);
        }
        ToolRun slots = Bench.Run($"pkcs11-tool --module {appliance.Module} -L").Succeeds();
        _token = new Token(appliance.Module, appliance.TokenLabel, appliance.Pin, SlotIndex(slots, appliance.TokenLabel), environment);
        _others = OwnLabels.Append("scratch").ToDictionary(
            label => label, label => _token with { Label = label, SlotIndex = SlotIndex(slots, label) }, StringComparer.Ordinal);
    }

    public override bool IsOurs => true;

    public string SoPin => _appliance["CODESIGN_SO_PIN"];

    public override Token Main => _token;

    public override IReadOnlyDictionary<string, string> MainAlone => Alone(_token.Label);

    public override Token Edwards => _token;

    public static ApplianceSubject Create() => new(ApplianceFolder.Up());

    /// <summary>An environment that shows one token, as slot 0.</summary>
    public IReadOnlyDictionary<string, string> Alone(string label)
    {
        // Beside the original, for the files it names are relative to it.
        string path = Path.Combine(Path.GetDirectoryName(_appliance["CODESIGN_CONFIG"])!, $"{label}.conf");
        lock (_others)
        {
            File.WriteAllText(path, $"{File.ReadAllText(_appliance["CODESIGN_CONFIG"])}project = {label}\n");
        }
        return new Dictionary<string, string>(StringComparer.Ordinal) { ["CODESIGN_CONFIG"] = path };
    }

    /// <summary>Sets the user's PIN, for programs that know one of their own.</summary>
    public void SetPin(string label, string pin)
    {
        _appliance.Admin($"project set {label} --pin-min {pin.Length}").Succeeds();
        _appliance.Admin($"pin reset {label} --user alice --pin-file {Bench.Secret($"{label}.pin", pin)}").Succeeds();
    }

    public Token Another(string label) => _others[label];

    public override void Dispose()
    {
        _appliance.Dispose();
        Bench.Dispose();
    }

    /// <summary>A project like `scratch` whose keys may also sign SHA-1 and bare RSA, as tools' own tests do; of one, they come and go wrapped, too.</summary>
    private void MakeProject(string name)
    {
        _appliance.Admin($"project create {name} --pin required").Succeeds();
        _appliance.Admin($"project member add {name} alice").Succeeds();
        _appliance.Admin($"project member add {name} alice --role Owner").Succeeds();
        _appliance.Admin($"project set {name} --objects true --object-import true --extractable true --token-init true").Succeeds();
        _appliance.Admin($"project set {name} --object-sha1 true --object-raw-rsa true").Succeeds();
        if (name is "own-objects")
        {
            _appliance.Admin($"project set {name} --object-wrap true --object-weak-wrap true").Succeeds();
        }
        _appliance.Admin($"pin reset {name} --so --pin-file {_appliance.At("so-pin")}").Succeeds();
        _appliance.Admin($"pin reset {name} --user alice --pin-file {_appliance.At("pin")}").Succeeds();
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
