using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>The life of an environment's keys.</summary>
internal static class KeyCommands
{
    private static readonly Argument<string> Environment = EnvironmentName.NewArgument();

    private static readonly Argument<string?> OptionalEnvironment = new("ENVIRONMENT")
    {
        Description = "PROJECT/NAME, or NAME with --project (default: all)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string?> Id = new("KEY-ID")
    {
        Description = "The key's id, as 'key list' shows it (default: the current key)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Confirm = new("--confirm")
    {
        Description = "PROJECT/ENVIRONMENT/GENERATION of the key: it can't be undone",
        HelpName = "NAME",
    };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "key",
        "Keys of environments",
        line.Define("list", "Lists keys", List, OptionalEnvironment, ProjectNames.Option),
        line.Define(
            "rotate",
            "Makes a new current key; the older one stays until it is destroyed",
            Rotate,
            Environment,
            ProjectNames.Option,
            EnvironmentCommands.SelfSigned,
            EnvironmentCommands.Days),
        line.Define("destroy", "Destroys a key for ever", Destroy, Environment, Id, ProjectNames.Option, Confirm));

    private static void List(Invocation invocation)
    {
        IEnumerable<Wire.V1.Environment> environments = invocation.Get(OptionalEnvironment) is { } name
            ? [EnvironmentCommands.Find(invocation, EnvironmentName.Of(invocation, name))]
            : EnvironmentCommands.All(invocation, invocation.Get(ProjectNames.Option));
        Print(invocation, environments);
    }

    private static void Print(Invocation invocation, IEnumerable<Wire.V1.Environment> environments) => invocation.Printer.List(
        environments.SelectMany(environment => environment.Keys.Select(key => (environment, key))), Views.Keys, "There are no keys.");

    private static void Rotate(Invocation invocation)
    {
        EnvironmentName name = EnvironmentName.Of(invocation, invocation.Get(Environment));
        RotateKeyRequest request = new()
        {
            Project = name.Project,
            Environment = name.Name,
            SelfSignedSubject = invocation.Get(EnvironmentCommands.SelfSigned) ?? "",
            SelfSignedDays = invocation.Get(EnvironmentCommands.SelfSigned) is null ? 0 : invocation.Get(EnvironmentCommands.Days),
        };
        Wire.V1.Environment after = invocation.Ask(OperationCode.RotateKey, request, RotateKeyResponse.Parser).Environment;
        Print(invocation, [after]);
        if (after.Keys.FirstOrDefault(key => key.Current) is { Chain.Count: 0 })
        {
            string quoted = $"'{name.ToString().Replace("'", "'\\''", StringComparison.Ordinal)}'";
            invocation.Printer.Note($"""
                The new key has no certificate yet: tools that need one fail until it has. From a CA:
                    csctl csr {quoted} --subject 'CN=…' --out request.csr
                    csctl certificate import {quoted} issued.pem
                or, for tests:
                    csctl certificate self-sign {quoted} --subject 'CN=…'
                Until then 'older_keys = show' in the configuration shows the older key with its certificate, labelled '{name.Name}.N'.
                """);
        }
    }

    private static void Destroy(Invocation invocation)
    {
        EnvironmentName name = EnvironmentName.Of(invocation, invocation.Get(Environment));
        DestroyKeyRequest request = new()
        {
            Project = name.Project,
            Environment = name.Name,
            KeyId = invocation.Get(Id) ?? "",
            Confirm = invocation.Get(Confirm) ?? "",
        };
        Print(invocation, [invocation.Ask(OperationCode.DestroyKey, request, DestroyKeyResponse.Parser).Environment]);
    }
}
