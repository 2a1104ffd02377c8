using CodeSign.Appliance.Configuration;
using CodeSign.Fuzz.Engine;

namespace CodeSign.Fuzz.Targets;

/// <summary>codesignd.conf.</summary>
internal sealed class ApplianceConfigurationTarget : Target
{
    private readonly string _path = Path.GetTempFileName();

    public override string Name => "appliance-configuration";

    public override IReadOnlyList<string> Scope =>
    [
        "appliance/CodeSign.Appliance/Configuration/ConfigurationFile.cs", "appliance/CodeSign.Appliance/Configuration/ApplianceOptions.cs",
        "appliance/CodeSign.Appliance/Configuration/HsmSection.cs",
    ];

    public override IEnumerable<byte[]> Words => WordList.Text(
        "listen", "transport", "https", "host_name", "client_certificates", "tls_certificate", "tls_key", "passphrase_file", "key_file",
        "connections_max", "unauthenticated_max", "handshake_timeout_seconds", "stop_seconds", "log_level", "log_console", "library", "pin_file",
        "token_label", "token_serial", "pin_credential", "sessions", "queue_max", "deadline_seconds", "json", "text",
        " = ", "\n", "[hsm a]", "127.0.0.1:7443", "[::1]:1", "off", "sockets", "kestrel", "required", "accepted", "information", "debug", "65535", "#");

    public override void Run(ReadOnlySpan<byte> input)
    {
        File.WriteAllBytes(_path, input);
        ApplianceOptions options = ApplianceOptions.Load(Path.GetTempPath(), _path);
        _ = options.ToString();
        foreach (HsmSection hsm in options.Hsms)
        {
            _ = hsm.ToOptions();
        }
    }

    public override bool IsRefusal(Exception thrown) => thrown is ConfigurationException;

    public override void Dispose()
    {
        File.Delete(_path);
        base.Dispose();
    }
}
