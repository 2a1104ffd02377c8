using System.CommandLine;
using CodeSign.Cli.Grammar;

namespace CodeSign.Cli.Commands;

/// <summary>Commands about commands.</summary>
internal static class GrammarCommands
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command BuildCompletion(CommandLine line)
    {
        Argument<string> shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish", HelpName = "SHELL" }.AcceptOnlyFromAmong(Shells);
        return line.Define(
            "completion", "Prints the completion script of a shell", invocation => invocation.Terminal.Output.Write(Completion.Script(invocation.Get(shell))), shell);
    }

    /// <summary>Hidden: docs/man/csctl.1 is made with it.</summary>
    public static Command BuildManual(CommandLine line)
    {
        Command command = line.Define(
            "manual", "Prints csctl(1) as troff", invocation => invocation.Terminal.Output.Write(ManualPage.Write(line.Root)));
        command.Hidden = true;
        return command;
    }
}
