using System.CommandLine;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Which project a command works on.</summary>
internal static class ProjectNames
{
    public static Option<string?> Option { get; } = new("--project")
    {
        Description = "The project (default: the configuration's 'project', or the only one there is)",
        HelpName = "NAME",
    };

    public static string Required(Invocation invocation) => invocation.Get(Option)
        ?? invocation.Settings.Project
        ?? Only(invocation).Label;

    /// <summary>The token of the project a command works on.</summary>
    public static TokenDescription Token(Invocation invocation, string? name = null)
    {
        string? wanted = name ?? invocation.Get(Option) ?? invocation.Settings.Project;
        return wanted is null
            ? Only(invocation)
            : invocation.Client.ListTokens().FirstOrDefault(token => string.Equals(token.Label, wanted, StringComparison.Ordinal))
                ?? throw CommandFault.NotFound($"You see no token {wanted}; 'csctl tokens' shows those you see.");
    }

    private static TokenDescription Only(Invocation invocation)
    {
        IReadOnlyList<TokenDescription> tokens = invocation.Client.ListTokens();
        return tokens.Count switch
        {
            1 => tokens[0],
            0 => throw CommandFault.NotFound("You are a member of no project; ask an owner to add you ('csctl project member add')."),
            _ => throw CommandFault.Usage("You see several projects; name one with --project."),
        };
    }
}
