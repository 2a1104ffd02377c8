using System.Text;
using CodeSign.Client;
using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Targets;

/// <summary>client.conf, and the little languages of its values.</summary>
internal sealed class ClientConfigurationTarget : Target
{
    private readonly string _path = Path.GetTempFileName();

    public override string Name => "client-configuration";

    public override IReadOnlyList<string> Scope =>
        ["client-libs/CodeSign.Client/SettingsFile.cs", "client-libs/CodeSign.Client/ServerAddress.cs", "client-libs/CodeSign.Client/PackedSettings.cs"];

    public override IEnumerable<byte[]> Words =>
        WordList.Text([.. SettingsFile.KnownNames, "label.", " = ", "\n", ",", "[::1]:7443", "https://", "host:1", "der", "raw", "hide", "show", "65536", "#", "\uFEFF"]);

    public override void Run(ReadOnlySpan<byte> input)
    {
        File.WriteAllBytes(_path, input);
        ClientSettings settings = SettingsFile.Read(_path);
        using ClientSecret packed = settings.Pack();
        _ = ClientSettings.Unpack(packed.Span);
        _ = SettingsFile.ParseLabels(Encoding.UTF8.GetString(input), "CODESIGN_LABELS");
    }

    public override bool IsRefusal(Exception thrown) => thrown is ApplianceException;

    public override void Dispose()
    {
        File.Delete(_path);
        base.Dispose();
    }
}
