using System.CommandLine;
using CodeSign.Cli.Doctor;
using CodeSign.Cli.Setup;
using CodeSign.Client;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Prints what makes a tool work with the appliance's keys.</summary>
internal static class SetupCommands
{
    private static readonly Argument<string> Tool = new Argument<string>("TOOL")
    {
        Description = "One of: " + string.Join(" ", Recipe.All.Select(recipe => recipe.Tool)),
        HelpName = "TOOL",
    }.AcceptOnlyFromAmong([.. Recipe.All.Select(recipe => recipe.Tool)]);

    private static readonly Option<string?> Environment = new("--environment", "-e")
    {
        Description = "Whose key: PROJECT/NAME, or NAME with --project (default: a placeholder)",
        HelpName = "ENVIRONMENT",
    };

    private static readonly Option<string?> Module = new("--module") { Description = "The PKCS#11 module", HelpName = "FILE" };

    public static Command Build(CommandLine line) => line.Define(
        "setup", "Prints the working configuration of a signing tool", Print, Tool, Environment, ProjectNames.Option, Module);

    private static void Print(Invocation invocation)
    {
        Recipe recipe = Recipe.All.First(candidate => string.Equals(candidate.Tool, invocation.Get(Tool), StringComparison.Ordinal));
        string? environment = invocation.Get(Environment);
        int slash = environment?.LastIndexOf('/') ?? -1;
        if (environment is not null && environment[(slash + 1)..].Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
        {
            throw CommandFault.Usage($"'{environment[(slash + 1)..]}' is no environment's name; 'csctl environment list' shows them.");
        }

        string? project = slash > 0 ? environment![..slash] : invocation.Get(ProjectNames.Option);
        TokenDescription? token = FindToken(invocation, project);
        if (token is not null && environment is not null)
        {
            CheckKey(invocation, new EnvironmentName(token.Label, environment[(slash + 1)..]));
        }

        Ingredients ingredients = new(
            ModuleCheck.Find(invocation, invocation.Get(Module)) ?? "/usr/lib/" + ModuleCheck.FileName,
            token?.Label ?? project ?? "TOKEN",
            environment is null ? "KEY" : environment[(slash + 1)..],
            SlotOf(invocation, token),
            token?.LoginRequired ?? true);
        invocation.Terminal.Output.WriteLine(recipe.Fill(ingredients));
    }

    private static string SlotOf(Invocation invocation, TokenDescription? token)
    {
        try
        {
            return invocation.Settings.Project is not null
                ? "0"
                : token?.SlotId.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "SLOT";
        }
        catch (ApplianceException)
        {
            return "SLOT";
        }
    }

    /// <summary>A recipe for a key that isn't there works for nobody; one without certificate does for some tools.</summary>
    private static void CheckKey(Invocation invocation, EnvironmentName name)
    {
        Key? current = EnvironmentCommands.Find(invocation, name).Keys.FirstOrDefault(key => key.Current);
        if (current is null)
        {
            throw CertificateCommands.NoKey(name);
        }

        if (current.Certificates == 0)
        {
            invocation.Printer.Note(
                $"({name} has no certificate, and most tools need one: 'csctl csr' and 'csctl certificate import' give it one, or 'csctl "
                    + "certificate self-sign'.)");
        }
    }

    /// <summary>Works without an appliance, too: then with placeholders.</summary>
    private static TokenDescription? FindToken(Invocation invocation, string? project)
    {
        try
        {
            return ProjectNames.Token(invocation, project);
        }
        catch (Exception fault) when (fault is ApplianceException or CommandFault)
        {
            invocation.Printer.Note($"({fault.Message} Names in capitals are yours to fill in.)");
            return null;
        }
    }
}
