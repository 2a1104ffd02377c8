using System.Globalization;
using CodeSign.Client;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Doctor;

/// <summary>The checks in the order a connection needs them.</summary>
internal static class Examination
{
    /// <summary>Beyond this a clock is told.</summary>
    private const int SkewWarnSeconds = 30;

    /// <summary>Beyond this certificates and grants are judged wrongly.</summary>
    private const int SkewWrongSeconds = 300;

    private const UnixFileMode OthersRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode GroupWrite = UnixFileMode.GroupWrite;

    // What is asked before the appliance knows us, in the order it happens, with the reasons that say it failed there.
    private static readonly (string Check, string Good, string[] Reasons)[] Stages =
    [
        ("name", "The name has an address.", [ClientReason.NameResolution]),
        ("tcp", "The port takes connections.", [ClientReason.Unreachable, ClientReason.Timeout]),
        ("tls", "TLS 1.3 is spoken.", [ClientReason.Tls, ClientReason.Disconnected]),
        ("trust", "The certificate leads to the trusted CA, is valid now and names this host.",
            [ClientReason.Untrusted, ClientReason.CertificateExpired, ClientReason.WrongHost]),
        ("protocol", "codesign/1 is spoken.", [ClientReason.Protocol]),
    ];

    public static List<Finding> Run(Invocation invocation, string? module)
    {
        List<Finding> findings = [];
        ClientSettings? settings = CheckConfiguration(invocation, findings);
        if (settings is not null)
        {
            CheckPermissions(settings, findings);
            settings = CheckFiles(settings, findings);
        }

        if (settings is not null)
        {
            foreach (ServerAddress server in settings.Servers)
            {
                CheckServer(invocation, settings with { Servers = [server] }, findings);
            }
        }

        ModuleCheck.Run(invocation, module, findings);
        return findings;
    }

    private static ClientSettings? CheckConfiguration(Invocation invocation, List<Finding> findings)
    {
        try
        {
            ClientSettings settings = invocation.Settings;
            findings.Add(new("configuration", Result.Ok, $"{settings.SourceFile} is well-formed."));
            return settings;
        }
        catch (ApplianceException fault)
        {
            findings.Add(new("configuration", Result.Wrong, fault.Message));
            return null;
        }
    }

    private static void CheckPermissions(ClientSettings settings, List<Finding> findings)
    {
        foreach ((string what, string? path) in ((string, string?)[])[("grant file", settings.GrantFile), ("key file", settings.KeyFile)])
        {
            if (path is null || !File.Exists(path))
            {
                continue;
            }

            UnixFileMode mode = File.GetUnixFileMode(path);
            string octal = Convert.ToString((int)mode, 8).PadLeft(4, '0');
            findings.Add((mode & (OthersRead | GroupWrite)) == UnixFileMode.None
                ? new("permissions", Result.Ok, $"The {what} {path} is kept from others ({octal}).")
                : new("permissions", Result.Wrong, $"The {what} {path} is open to others ({octal}); run 'chmod 600 {path}' (or 640)."));
        }
    }

    private static ClientSettings? CheckFiles(ClientSettings settings, List<Finding> findings)
    {
        ClientSettings read;
        try
        {
            read = settings.ReadFiles();
        }
        catch (ApplianceException fault)
        {
            bool isGrant = string.Equals(fault.Reason, ClientReason.NotLoggedIn, StringComparison.Ordinal);
            findings.Add(new(isGrant ? "grant" : "files", Result.Wrong, fault.Message));
            if (!isGrant)
            {
                return null;
            }

            read = settings.ReadFiles(needsGrant: false);
        }

        try
        {
            IReadOnlyList<ShownCertificate> authorities = Trust.Read(read.CaPem.Span);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            ShownCertificate? expired = authorities.FirstOrDefault(authority => authority.NotAfter < now);
            findings.Add(authorities.Count == 0
                ? new("ca", Result.Wrong, $"{read.CaFile} has no certificate in it; run 'csctl trust add' again.")
                : expired is not null
                    ? new("ca", Result.Wrong, $"The CA {expired.Subject} expired on {expired.NotAfter:yyyy-MM-dd}; run 'csctl trust add' with the new one.")
                    : new("ca", Result.Ok, $"{read.CaFile}: {authorities[0].Subject}, {authorities[0].Fingerprint}."));
        }
        catch (FormatException fault)
        {
            findings.Add(new("ca", Result.Wrong, $"{read.CaFile} can't be used: {fault.Message}; run 'csctl trust add' again."));
            return null;
        }

        return read;
    }

    private static void CheckServer(Invocation invocation, ClientSettings settings, List<Finding> findings)
    {
        string at = " " + settings.Servers[0];
        using ApplianceClient client = new(settings, invocation.Hooks);
        HelloResponse? hello = null;
        ApplianceException? failure = null;
        try
        {
            hello = client.Hello();
        }
        catch (ApplianceException fault)
        {
            failure = fault;
        }

        int failed = failure is null || failure.IsRefusal
            ? Stages.Length
            : Array.FindIndex(Stages, stage => stage.Reasons.Contains(failure.Reason, StringComparer.Ordinal));
        for (int index = 0; index < Stages.Length; index++)
        {
            findings.Add(failed < 0 || index < failed
                ? new(Stages[index].Check + at, Result.Ok, Stages[index].Good)
                : index == failed
                    ? new(Stages[index].Check + at, Result.Wrong, failure!.Message)
                    : new(Stages[index].Check + at, Result.Skipped, "Not looked at."));
        }

        if (failed < 0 || failure is { IsRefusal: true })
        {
            findings.Add(new("credential" + at, Result.Wrong, failure!.Message));
        }

        if (hello is not null)
        {
            CheckHello(settings, hello, at, findings);
        }
    }

    private static void CheckHello(ClientSettings settings, HelloResponse hello, string at, List<Finding> findings)
    {
        double skewSeconds = (TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(hello.ServerTimeUnixMs)).TotalSeconds;
        string skew = string.Create(CultureInfo.InvariantCulture, $"This clock is {Math.Abs(skewSeconds):0} s {(skewSeconds > 0 ? "ahead of" : "behind")} the appliance's");
        findings.Add(Math.Abs(skewSeconds) switch
        {
            <= SkewWarnSeconds => new("clock" + at, Result.Ok, "The clocks agree."),
            <= SkewWrongSeconds => new("clock" + at, Result.Warning, skew + "; let NTP set both."),
            _ => new("clock" + at, Result.Wrong, skew + ": certificates and grants are judged wrongly; let NTP set both."),
        });
        if (hello.Caller is null)
        {
            findings.Add(new("credential" + at, Result.Wrong, "The appliance doesn't know who you are; run 'csctl login'."));
            return;
        }

        findings.Add(new("credential" + at, Result.Ok, $"You are {hello.Caller.Name}, by {hello.Caller.Credential}."));
        CheckTokens(settings, hello, at, findings);
    }

    private static void CheckTokens(ClientSettings settings, HelloResponse hello, string at, List<Finding> findings)
    {
        if (hello.Tokens.Count == 0)
        {
            findings.Add(new("tokens" + at, Result.Warning, "You see no token; a project's owner adds you by 'csctl project member add'."));
            return;
        }

        findings.Add(settings.Project is { } project && !hello.Tokens.Any(token => string.Equals(token.Label, project, StringComparison.Ordinal))
            ? new("tokens" + at, Result.Wrong, $"The configuration's 'project = {project}' is none you see; you see {string.Join(", ", hello.Tokens.Select(token => token.Label))}.")
            : new("tokens" + at, Result.Ok, $"You see {string.Join(", ", hello.Tokens.Select(token => token.Label))}."));
        foreach (TokenDescription token in hello.Tokens.Where(token => token.LoginRequired))
        {
            findings.Add(token switch
            {
                { UserPinInitialized: false } =>
                    new("pin " + token.Label, Result.Wrong, $"You have no PIN for {token.Label}; its owner sets one by 'csctl pin reset {token.Label} --user {hello.Caller.Name}'."),
                { UserPinLocked: true } =>
                    new("pin " + token.Label, Result.Wrong, $"Your PIN for {token.Label} is locked; its owner sets a new one by 'csctl pin reset {token.Label} --user {hello.Caller.Name}'."),
                { UserPinFinalTry: true } => new("pin " + token.Label, Result.Warning, "One more wrong PIN locks it."),
                _ => new("pin " + token.Label, Result.Ok, "Your PIN is set and not locked."),
            });
        }
    }
}
