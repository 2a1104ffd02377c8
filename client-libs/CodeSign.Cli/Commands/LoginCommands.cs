using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Getting a grant for this user or machine, and giving it back.</summary>
internal static class LoginCommands
{
    private static readonly Option<string?> User = new("--user") { Description = "Your name at the appliance (default: asked for)", HelpName = "NAME" };

    private static readonly Option<string?> PasswordFile = new("--password-file")
    {
        Description = "A file with the password on its first line, - for standard input (default: asked for)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Machine = new("--machine") { Description = "A grant for this machine's builds, not for you" };

    private static readonly Option<string[]> Projects = new("--project")
    {
        Description = "Good for this project only; several times for several",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Lifetime = Lifetimes.NewOption();

    private static readonly Option<string?> GrantOut = new("--grant-out")
    {
        Description = "Where to write the grant (default: the configuration's grant_file)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Forget = new("--local") { Description = "Only delete the grant file; the grant itself stays good" };

    public static Command BuildLogin(CommandLine line) => line.Define(
        "login",
        "Gets a grant with a password or a client certificate, and keeps it in a file",
        Login,
        User,
        PasswordFile,
        Machine,
        Projects,
        Lifetime,
        GrantOut);

    public static Command BuildLogout(CommandLine line) =>
        line.Define("logout", "Revokes the grant of the grant file and deletes the file", Logout, Forget);

    private static void Login(Invocation invocation)
    {
        ClientSettings settings = invocation.Settings.ReadFiles(needsGrant: false) with { Grant = null };
        ClientSettings inFile = settings.SourceFile is null ? settings : ClientSettings.Load(settings.SourceFile, _ => null, raisedRights: true);
        string path = invocation.Get(GrantOut) ?? settings.GrantFile ?? inFile.GrantFile ?? Path.ChangeExtension(settings.SourceFile, ".grant")!;
        GrantFile.RequireWritable(path);
        CreateGrantRequest request = new()
        {
            Scope = invocation.Get(Machine) ? "machine" : "user",
            LifetimeSeconds = Lifetimes.Seconds(invocation.Get(Lifetime)),
            Description = "csctl login on " + Claims.Collect(settings).Host,
        };
        request.Projects.AddRange(invocation.Get(Projects) ?? []);

        bool byCertificate = settings.CertificateFile is not null && !invocation.IsGiven(User);
        string user = byCertificate ? "" : invocation.Get(User) ?? invocation.Terminal.AskLine("User");
        using ClientSecret? password = byCertificate ? null : invocation.Secret(invocation.Get(PasswordFile), $"Password of {user}");
        PasswordCredential? credential = password is null ? null : new PasswordCredential(user, password);
        using ApplianceClient client = new(settings, invocation.Hooks, credential);
        Grant grant = client.CallForSecret(OperationCode.CreateGrant, request, CreateGrantResponse.Parser, out ClientSecret? secret).Grant;
        using (secret)
        {
            GrantFile.WriteOrRevoke(path, secret ?? throw new InvalidOperationException("The appliance gave no grant."), grant, client);
        }

        if (invocation.Terminal.GetEnvironment("CODESIGN_GRANT") is { Length: > 0 })
        {
            invocation.Printer.Note("CODESIGN_GRANT is set here, and counts before the grant file: unset it to use the new grant.");
        }

        if (settings.GrantFile is null && inFile.GrantFile is null && settings.SourceFile is not null && !invocation.IsGiven(GrantOut))
        {
            ConfigurationFile.Set(settings.SourceFile, "grant_file", Path.GetFileName(path));
        }

        if (invocation.Printer.IsJson)
        {
            invocation.Printer.One(grant, Views.Grants);
        }
        else
        {
            invocation.Printer.Done($"Logged in as {grant.User} until {Printer.Show(Views.Time(grant.ExpiresUnixMs))}; grant file: {path}.");
        }
    }

    private static void Logout(Invocation invocation)
    {
        string path = invocation.Settings.GrantFile
            ?? throw CommandFault.Usage("The configuration names no grant file: there is nothing to log out from.");
        if (!File.Exists(path))
        {
            invocation.Printer.Done("Nobody was logged in.");
            return;
        }

        if (!invocation.Get(Forget))
        {
            string id = GrantFile.ReadId(path)
                ?? throw CommandFault.Usage($"{path} doesn't tell the grant's id; revoke it by 'csctl grant revoke ID', then use --local.");
            Revoke(invocation, id);
        }

        File.Delete(path);
        invocation.Printer.Done(invocation.Get(Forget) ? $"{path} was deleted; the grant is still good." : "Logged out; the grant is revoked.");
    }

    private static void Revoke(Invocation invocation, string id)
    {
        try
        {
            invocation.Ask(OperationCode.RevokeGrant, new RevokeGrantRequest { Id = id }, RevokeGrantResponse.Parser);
        }
        catch (ApplianceException ended) when (ended.IsRefusal && ended.Status == CKR.CKR_USER_NOT_LOGGED_IN)
        {
            throw new ApplianceException(
                ended.Status,
                ended.Reason,
                $"{ended.Message.TrimEnd('.')}; to delete the grant file only, run 'csctl logout --local'.",
                ended.CorrelationId,
                ended);
        }
    }
}
