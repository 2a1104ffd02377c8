using System.CommandLine;

namespace CodeSign.Cli.Commands;

/// <summary>An environment as the command line names it: PROJECT/NAME, or NAME where the project is told otherwise.</summary>
internal sealed record EnvironmentName(string Project, string Name)
{
    public static Argument<string> NewArgument() => new("ENVIRONMENT") { Description = "PROJECT/NAME, or NAME with --project" };

    public static EnvironmentName Of(Invocation invocation, string text)
    {
        int slash = text.LastIndexOf('/');
        return slash > 0
            ? new EnvironmentName(text[..slash], text[(slash + 1)..])
            : new EnvironmentName(ProjectNames.Required(invocation), text);
    }

    public override string ToString() => $"{Project}/{Name}";
}
