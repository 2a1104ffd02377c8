using System.Diagnostics.CodeAnalysis;

namespace CodeSign.Appliance.Hosting;

/// <summary>
/// The only reader of environment variables: what a service manager hands over that way and no other. Configuration comes from
/// ApplianceOptions.
/// </summary>
internal static class ProcessEnvironment
{
    /// <summary>Where systemd wants to hear that the service is ready (sd_notify(3)), or null.</summary>
    public static string? NotifySocket => Variable("NOTIFY_SOCKET");

    /// <summary>The file of a credential passed by LoadCredential= (systemd.exec(5), Credentials), or null when it isn't there.</summary>
    public static string? CredentialFile(string name)
    {
        if (Variable("CREDENTIALS_DIRECTORY") is not { } folder || name.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : null;
    }

    [SuppressMessage("ApiDesign", "RS0030", Justification = "systemd passes these as variables; no setting is read here.")]
    private static string? Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
