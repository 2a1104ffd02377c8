using System.CommandLine;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd init</c>: the command line of <see cref="Founding"/>.</summary>
internal static class InitCommand
{
    private const string DefaultAdministrator = "administrator";

    public static Command Create()
    {
        Option<string> data = new("--data")
        {
            Description = "The new data folder.",
            HelpName = "DIR",
            DefaultValueFactory = _ => ApplianceOptions.DefaultFolder,
        };
        Option<string> seal = new("--seal")
        {
            Description = "What protects the root key while the appliance doesn't run.",
            DefaultValueFactory = _ => SealKind.Passphrase,
        };
        seal.AcceptOnlyFromAmong(SealKind.Passphrase, SealKind.KeyFile);
        Option<string?> passphraseFile = FileOption(
            "--passphrase-file",
            $"A file with the passphrase, at least {NewPassword.PassphraseCharactersMin} characters. Default: the terminal.");
        Option<string?> keyFile = FileOption(
            "--key-file", $"The key file; made if it isn't there. Default: {Founding.KeyFileName} in the data folder.");
        Option<string?> listen = new("--listen") { Description = "Where clients connect. Default: 127.0.0.1:7443.", HelpName = "ADDRESS:PORT" };
        Option<string?> https = new("--https")
        {
            Description = "Where HTTPS (/healthz) listens, or off. Default: 127.0.0.1:8443.",
            HelpName = "ADDRESS:PORT",
        };
        Option<string[]> hostName = new("--host-name")
        {
            Description = "A name or address clients use; may be repeated. Default: localhost and 127.0.0.1.",
            HelpName = "NAME",
        };
        Option<string> administrator = new("--administrator")
        {
            Description = "The first administrator.",
            HelpName = "NAME",
            DefaultValueFactory = _ => DefaultAdministrator,
        };
        Option<string?> passwordFile = FileOption("--password-file", "A file with the administrator's password. Default: the terminal.");
        Command command = new("init", "Make a new appliance: database, seal, TLS authority, first administrator.")
        {
            data, seal, passphraseFile, keyFile, listen, https, hostName, administrator, passwordFile,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            Founding founding = new()
            {
                Folder = Path.GetFullPath(parsed.GetValue(data)!),
                Listen = parsed.GetValue(listen),
                Https = parsed.GetValue(https),
                HostNames = parsed.GetValue(hostName) ?? [],
                Administrator = parsed.GetValue(administrator)!,
            };
            founding.RefuseExisting();
            bool byPassphrase = string.Equals(parsed.GetValue(seal), SealKind.Passphrase, StringComparison.Ordinal);
            using SecretBytes? passphrase = byPassphrase ? NewPassword.GetPassphrase(parsed.GetValue(passphraseFile)) : null;
            using SecretBytes password = NewPassword.Get(
                parsed.GetValue(passwordFile), $"New password of {founding.Administrator}", "--password-file");
            string fingerprint = await founding.RunAsync(passphrase, parsed.GetValue(keyFile), password, cancel);
            await Console.Out.WriteAsync(founding.NextSteps(fingerprint));
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<string?> FileOption(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };
}
