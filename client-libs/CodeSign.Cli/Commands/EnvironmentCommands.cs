using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Environments: a policy with its keys.</summary>
internal static class EnvironmentCommands
{
    private const uint DaysDefault = 365;

    private static readonly Argument<string> Environment = EnvironmentName.NewArgument();

    private static readonly Option<string?> Algorithm = new Option<string?>("--algorithm")
    {
        Description = "What kind of key: " + string.Join(" ", KeyAlgorithm.Signing.Select(row => row.Name)),
        HelpName = "NAME",
    }.AcceptOnlyFromAmong([.. KeyAlgorithm.Signing.Select(row => row.Name)]);

    private static readonly Option<string?> Storage = new("--storage")
    {
        Description = "Where the key lives: software (default) or hsm:NAME",
        HelpName = "WHERE",
    };

    private static readonly Option<string?> Adopt = new("--adopt")
    {
        Description = "Take this key of the HSM (its CKA_ID in hex) instead of making one",
        HelpName = "ID",
    };

    private static readonly Option<string?> Import = new("--import") { Description = "Take the key of this PKCS#8 or PKCS#12 file", HelpName = "FILE" };

    private static readonly Option<string?> PassphraseFile = new("--passphrase-file")
    {
        Description = "The imported file's passphrase, - for standard input (default: none)",
        HelpName = "FILE",
    };

    private static readonly Option<bool?> AllowSha1 = new("--allow-sha1") { Description = "Signatures over SHA-1", HelpName = "true|false" };

    private static readonly Option<bool?> AllowRawRsa = new("--allow-raw-rsa")
    {
        Description = "CKM_RSA_X_509: a bare RSA operation",
        HelpName = "true|false",
    };

    private static readonly Option<string?> List = new("--project") { Description = "Of this project only", HelpName = "NAME" };

    /// <summary>A self-signed certificate at once.</summary>
    internal static Option<string?> SelfSigned { get; } = new("--self-signed")
    {
        Description = "Also make a self-signed code-signing certificate with this subject, for instance \"CN=Example Ltd\"",
        HelpName = "SUBJECT",
    };

    internal static Option<uint> Days { get; } = new("--days")
    {
        Description = "How long the certificate is valid",
        HelpName = "N",
        DefaultValueFactory = _ => DaysDefault,
    };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "environment",
        "Environments: keys with a policy",
        line.Define(
            "create",
            "Makes an environment with its first key",
            Create,
            Environment,
            ProjectNames.Option,
            Algorithm,
            Storage,
            Adopt,
            Import,
            PassphraseFile,
            SelfSigned,
            Days,
            AllowSha1,
            AllowRawRsa),
        line.Define(
            "list",
            "Lists environments",
            invocation => invocation.Printer.List(
                All(invocation, invocation.Get(List)), Views.Environments, "There is no environment; 'csctl environment create' makes one."),
            List),
        line.Define(
            "show",
            "Shows one environment",
            invocation => invocation.Printer.One(Find(invocation, Name(invocation)), Views.Environments),
            Environment,
            ProjectNames.Option),
        line.Define("set", "Changes what an environment's keys may be used for", SetPolicy, Environment, ProjectNames.Option, AllowSha1, AllowRawRsa),
        line.Define("enable", "Lets its keys be used again", invocation => SetEnabled(invocation, enabled: true), Environment, ProjectNames.Option),
        line.Define("disable", "Stops every use of its keys at once", invocation => SetEnabled(invocation, enabled: false), Environment, ProjectNames.Option));

    /// <summary>The environments of one project, or of all the caller sees.</summary>
    internal static IEnumerable<Wire.V1.Environment> All(Invocation invocation, string? project)
    {
        string[] projects = project is not null ? [project] : [.. ProjectCommands.All(invocation).Select(each => each.Name)];
        return projects.SelectMany(name => Whole(invocation, name, environment: ""));
    }

    internal static Wire.V1.Environment Find(Invocation invocation, EnvironmentName name) =>
        Whole(invocation, name.Project, name.Name).FirstOrDefault()
        ?? throw CommandFault.NotFound($"There is no environment {name}; 'csctl environment list' shows them.");

    // One whose keys go over several pages comes in parts.
    private static List<Wire.V1.Environment> Whole(Invocation invocation, string project, string environment)
    {
        List<Wire.V1.Environment> whole = [];
        foreach (Wire.V1.Environment part in Pages.Of(after =>
        {
            ListEnvironmentsResponse page = invocation.Ask(
                OperationCode.ListEnvironments,
                new ListEnvironmentsRequest { Project = project, Name = environment, After = after },
                ListEnvironmentsResponse.Parser);
            return (page.Environments, page.Next);
        }))
        {
            if (whole.Count > 0 && string.Equals(whole[^1].Name, part.Name, StringComparison.Ordinal))
            {
                whole[^1].Keys.Add(part.Keys);
            }
            else
            {
                whole.Add(part);
            }
        }

        return whole;
    }

    private static EnvironmentName Name(Invocation invocation) => EnvironmentName.Of(invocation, invocation.Get(Environment));

    private static void Create(Invocation invocation)
    {
        string? import = invocation.Get(Import);
        if (import is not null && invocation.Get(Adopt) is not null)
        {
            throw CommandFault.Usage("Give --import or --adopt, not both.");
        }

        EnvironmentName name = Name(invocation);
        CreateEnvironmentRequest request = new()
        {
            Project = name.Project,
            Name = name.Name,
            Algorithm = invocation.Get(Algorithm) ?? "",
            Storage = invocation.Get(Storage) ?? "",
            Adopt = invocation.Get(Adopt) ?? "",
            SelfSignedSubject = invocation.Get(SelfSigned) ?? "",
            SelfSignedDays = invocation.Get(SelfSigned) is null ? 0 : invocation.Get(Days),
            Import = import is not null,
            Policy = new EnvironmentPolicy
            {
                AllowSha1 = invocation.Get(AllowSha1) ?? false,
                AllowRawRsa = invocation.Get(AllowRawRsa) ?? false,
            },
        };
        using ClientSecret? key = import is null ? null : SecretFile.Read("key file", import);
        using ClientSecret? passphrase = invocation.Get(PassphraseFile) is { } file ? invocation.Secret(file, "Passphrase") : null;
        CreateEnvironmentResponse answer = invocation.Client.Call(
            OperationCode.CreateEnvironment,
            request,
            CreateEnvironmentResponse.Parser,
            secret: key is null ? [] : key.Span,
            secondSecret: passphrase is null ? [] : passphrase.Span,
            secrets: key is null ? 0 : passphrase is null ? 1 : 2);
        invocation.Printer.One(answer.Environment, Views.Environments);
    }

    private static void SetPolicy(Invocation invocation)
    {
        if (invocation.Get(AllowSha1) is null && invocation.Get(AllowRawRsa) is null)
        {
            throw CommandFault.Usage("Say what to change: --allow-sha1 true|false, --allow-raw-rsa true|false.");
        }

        EnvironmentName name = Name(invocation);
        EnvironmentPolicy policy = Find(invocation, name).Policy ?? new EnvironmentPolicy();
        policy.AllowSha1 = invocation.Get(AllowSha1) ?? policy.AllowSha1;
        policy.AllowRawRsa = invocation.Get(AllowRawRsa) ?? policy.AllowRawRsa;
        Send(invocation, new SetEnvironmentRequest { Project = name.Project, Name = name.Name, Policy = policy });
    }

    private static void SetEnabled(Invocation invocation, bool enabled)
    {
        EnvironmentName name = Name(invocation);
        Send(invocation, new SetEnvironmentRequest { Project = name.Project, Name = name.Name, Enabled = enabled });
    }

    private static void Send(Invocation invocation, SetEnvironmentRequest request) => invocation.Printer.One(
        invocation.Ask(OperationCode.SetEnvironment, request, SetEnvironmentResponse.Parser).Environment, Views.Environments);
}
