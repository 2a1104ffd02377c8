using System.CommandLine;

namespace CodeSign.Cli.Grammar;

/// <summary>The commands there are, for whatever describes them.</summary>
internal static class CommandTree
{
    public const string Program = "csctl";

    /// <summary>Every command that does something, with its words, in the order of the help.</summary>
    public static IEnumerable<(string Path, Command Command)> Leaves(Command command)
    {
        IEnumerable<Command> below = command.Subcommands.Where(sub => !sub.Hidden);
        return command.Subcommands.Count == 0 ? [(PathOf(command), command)] : below.SelectMany(Leaves);
    }

    /// <summary>The command's words.</summary>
    public static string PathOf(Command command)
    {
        Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? Program : $"{PathOf(parent)} {command.Name}";
    }

    /// <summary>The options of one command, without the global ones.</summary>
    public static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden && !option.Recursive);

    /// <summary>How an option is written: <c>--name, -n VALUE</c>.</summary>
    public static string Syntax(Option option)
    {
        string names = string.Join(", ", option.Aliases.Prepend(option.Name));
        return option.ValueType == typeof(bool) || option.HelpName is null ? names : $"{names} {option.HelpName}";
    }
}
