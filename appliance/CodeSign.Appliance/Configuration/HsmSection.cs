using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;
using CodeSign.Appliance.Keys.PassThrough;

namespace CodeSign.Appliance.Configuration;

/// <summary>One <c>[hsm NAME]</c> section.</summary>
internal sealed record HsmSection
{
    public required string Name { get; init; }

    public required string Library { get; init; }

    public string? TokenLabel { get; init; }

    public string? TokenSerial { get; init; }

    /// <summary>The file that holds the PIN, or null: <see cref="PinCredential"/>.</summary>
    public string? PinFile { get; init; }

    /// <summary>Name of the systemd credential that holds the PIN.</summary>
    public string? PinCredential { get; init; }

    public int Sessions { get; init; }

    public int QueueMax { get; init; }

    public TimeSpan Deadline { get; init; }

    public static HsmSection From(string folder, ConfigurationSection section)
    {
        if (!string.Equals(section.Kind, "hsm", StringComparison.Ordinal))
        {
            throw new ConfigurationException($"There is no kind of section [{section.Kind} …]: expected [hsm NAME].");
        }

        if (section.Name.Length > 32 || !section.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ConfigurationException($"[hsm {section.Name}]: a name is up to 32 letters, digits, dots, dashes.");
        }

        HsmSection hsm = new()
        {
            Name = section.Name,
            Library = Path.GetFullPath(section.Required("library"), folder),
            TokenLabel = section.Text("token_label"),
            TokenSerial = section.Text("token_serial"),
            PinFile = ApplianceOptions.AbsolutePath(section, folder, "pin_file"),
            PinCredential = section.Text("pin_credential"),
            Sessions = section.Number("sessions", 4, 1, 256),
            QueueMax = section.Number("queue_max", 256, 1, 100_000),
            Deadline = TimeSpan.FromSeconds(section.Number("deadline_seconds", 10, 1, 600)),
        };
        section.RefuseUnknown();
        if ((hsm.TokenLabel ?? hsm.TokenSerial) is null)
        {
            throw new ConfigurationException($"[hsm {hsm.Name}] needs token_label or token_serial.");
        }

        return (hsm.PinFile is null) != (hsm.PinCredential is null)
            ? hsm
            : throw new ConfigurationException($"[hsm {hsm.Name}] needs either pin_file or pin_credential.");
    }

    public HsmOptions ToOptions() => new()
    {
        Name = Name,
        Library = Library,
        TokenLabel = TokenLabel,
        TokenSerial = TokenSerial,
        Pin = OpenPin,
        Sessions = Sessions,
        QueueMax = QueueMax,
        Deadline = Deadline,
    };

    private SecretBytes OpenPin() => SecretFile.Read(PinFile
        ?? ProcessEnvironment.CredentialFile(PinCredential!)
        ?? throw new ConfigurationException($"The credential {PinCredential} with the PIN of [hsm {Name}] wasn't passed to the service."));
}
