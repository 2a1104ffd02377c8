using System.CommandLine;
using System.Text;
using CodeSign.Client;

namespace CodeSign.Cli.Commands;

/// <summary>First trust: the CA of an appliance becomes this client's, after its fingerprint was compared.</summary>
internal static class TrustCommands
{
    public static Command Build(CommandLine line)
    {
        Argument<string> server = new("URL") { Description = "The appliance: https://HOST:PORT, or HOST:PORT (port 7443 by default)" };
        Option<string?> fingerprint = new("--fingerprint")
        {
            Description = "SHA-256 of the CA's certificate, as 'codesignd init' printed it",
            HelpName = "SHA256",
        };
        Option<string?> caFile = new("--ca") { Description = "The CA's certificate as a file, instead of the server's word", HelpName = "FILE" };
        Option<bool> replace = new("--replace") { Description = "Forget the appliance configured so far" };
        return CommandLine.Group(
            "trust",
            "Whom this client trusts",
            line.Define(
                "add",
                "Trusts an appliance: checks its CA's fingerprint and writes the configuration",
                invocation => Add(
                    invocation, invocation.Get(server), invocation.Get(fingerprint), invocation.Get(caFile), invocation.Get(replace)),
                server,
                fingerprint,
                caFile,
                replace));
    }

    private static void Add(Invocation invocation, string url, string? fingerprint, string? caFile, bool replace)
    {
        if (!ServerAddress.TryParse(url, out ServerAddress server))
        {
            throw CommandFault.Usage($"'{url}' is no server; write https://HOST:PORT or HOST:PORT.");
        }

        if (fingerprint is null && caFile is null)
        {
            throw CommandFault.Usage("Give --fingerprint (codesignd init printed it; ask the administrator) or --ca FILE.");
        }

        if (fingerprint is not null && !Client.Trust.IsFingerprint(fingerprint))
        {
            throw CommandFault.Usage(
                $"'{fingerprint}' is no SHA-256 fingerprint: that is 64 hex digits, with or without colons, as 'codesignd init' printed it "
                    + "(SHA256:AB:CD:…).");
        }

        ShownCertificate authority = caFile is null ? Fetch(server, fingerprint!) : FromFile(caFile, fingerprint);
        string pem = CertificateFiles.ToPem("CERTIFICATE", authority.Der.Span);
        Verify(invocation, server, pem);
        string file = ConfigurationFile.Target(invocation);
        ConfigurationFile.Trust(file, server, pem, authority.Fingerprint, replace);
        invocation.Printer.Done($"{server} is trusted (CA {authority.Subject}, {authority.Fingerprint}); configuration: {file}.");
        invocation.Printer.Note("Next: csctl login");
    }

    private static ShownCertificate Fetch(ServerAddress server, string fingerprint)
    {
        IReadOnlyList<ShownCertificate> shown = Client.Trust.Fetch(server);
        ShownCertificate? match = shown.FirstOrDefault(certificate => Client.Trust.SameFingerprint(certificate.Fingerprint, fingerprint));
        if (match is not null)
        {
            return match.IsAuthority || shown.Count == 1
                ? match
                : throw Distrust("That is the fingerprint of the server's own certificate, not of its CA's; 'codesignd init' printed the CA's.");
        }

        ShownCertificate? authority = shown.FirstOrDefault(certificate => certificate.IsAuthority);
        throw authority is null
            ? Distrust($"The server at {server} doesn't show its CA; get the CA's certificate from its administrator and use --ca FILE.")
            : Distrust($"The CA of the server at {server} has the fingerprint {authority.Fingerprint}, not the one you gave; somebody may "
                + "stand between you and the appliance: compare with its administrator.");
    }

    private static ShownCertificate FromFile(string path, string? fingerprint)
    {
        try
        {
            IReadOnlyList<ShownCertificate> shown = Client.Trust.Read(Invocation.Read(path));
            ShownCertificate authority = shown.Count > 0 ? shown[0] : throw CommandFault.File($"{path} has no certificate in it.");
            return fingerprint is null || Client.Trust.SameFingerprint(authority.Fingerprint, fingerprint)
                ? authority
                : throw Distrust($"The certificate in {path} has the fingerprint {authority.Fingerprint}, not the one you gave.");
        }
        catch (FormatException fault)
        {
            throw CommandFault.File($"{path} can't be used: {fault.Message}.", fault);
        }
    }

    /// <summary>The server must stand the whole check with this CA before anything is written.</summary>
    private static void Verify(Invocation invocation, ServerAddress server, string pem)
    {
        ClientSettings settings = new() { Servers = [server], CaFile = "(given)", CaPem = Encoding.ASCII.GetBytes(pem), FilesAreRead = true };
        using ApplianceClient client = new(settings, invocation.Hooks);
        try
        {
            client.Hello();
        }
        catch (ApplianceException refusal) when (refusal.IsRefusal)
        {
            // It wants to know who we are; that it is the right server is proved.
        }
    }

    private static CommandFault Distrust(string sentence) => new(ExitCode.Untrusted, sentence);
}
