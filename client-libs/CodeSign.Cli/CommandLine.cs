using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using CodeSign.Cli.Commands;
using CodeSign.Client;

namespace CodeSign.Cli;

/// <summary>csctl: arguments in, exit code out. The one place that catches everything.</summary>
internal sealed class CommandLine
{
    private readonly Terminal _terminal;

    public CommandLine(Terminal terminal)
    {
        _terminal = terminal;
        Root = new RootCommand("Administers a CodeSign appliance and signs with the keys in it")
        {
            GlobalOptions.Config,
            GlobalOptions.Output,
            GlobalOptions.Quiet,
            TrustCommands.Build(this),
            LoginCommands.BuildLogin(this),
            LoginCommands.BuildLogout(this),
            StatusCommands.BuildStatus(this),
            StatusCommands.BuildTokens(this),
            ObjectCommands.Build(this),
            SignCommands.Build(this),
            UserCommands.Build(this),
            GrantCommands.Build(this),
            ProjectCommands.Build(this),
            PinCommands.Build(this),
            EnvironmentCommands.Build(this),
            KeyCommands.Build(this),
            CertificateCommands.BuildCertificate(this),
            CertificateCommands.BuildCsr(this),
            AuditCommands.Build(this),
            DoctorCommands.Build(this),
            SetupCommands.Build(this),
            GrammarCommands.BuildCompletion(this),
            GrammarCommands.BuildManual(this),
        };
        foreach (HelpOption help in Root.Options.OfType<HelpOption>())
        {
            help.Aliases.Clear();
            help.Aliases.Add("-h");
        }

        foreach (VersionOption version in Root.Options.OfType<VersionOption>())
        {
            version.Action = new PrintVersion(terminal);
        }
    }

    public RootCommand Root { get; }

    public int Run(string[] arguments)
    {
        ParseResult parse = Root.Parse(arguments);
        if (parse.Action is ParseErrorAction)
        {
            foreach (string message in parse.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
            {
                // A list of choices comes indented, one a line.
                string sentence = message.Replace(System.Environment.NewLine + "\t", " ", StringComparison.Ordinal);
                _terminal.Error.WriteLine("csctl: " + Output.Printer.Printable(sentence));
            }

            _terminal.Error.WriteLine($"Try '{Grammar.CommandTree.PathOf(parse.CommandResult.Command)} --help'.");
            return (int)ExitCode.Usage;
        }

        return parse.Invoke(new InvocationConfiguration
        {
            Output = _terminal.Output,
            Error = _terminal.Error,
            EnableDefaultExceptionHandler = false,
        });
    }

    /// <summary>A command that does something.</summary>
    public Command Define(string name, string description, Action<Invocation> run, params Symbol[] symbols) =>
        Define(
            name,
            description,
            invocation =>
            {
                run(invocation);
                return ExitCode.Ok;
            },
            symbols);

    /// <summary>A command that does something and tells how it ended.</summary>
    public Command Define(string name, string description, Func<Invocation, ExitCode> run, params Symbol[] symbols)
    {
        Command command = Group(name, description, symbols);
        command.SetAction(parse => (int)Guarded(parse, run));
        return command;
    }

    /// <summary>A command that only has others below it.</summary>
    public static Command Group(string name, string description, params Symbol[] symbols)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Add(option);
                    break;
                case Argument argument:
                    command.Add(argument);
                    break;
                default:
                    command.Add((Command)symbol);
                    break;
            }
        }

        return command;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Design", "CA1031", Justification = "The boundary to the shell: whatever is left is a defect, told in one sentence.")]
    private ExitCode Guarded(ParseResult parse, Func<Invocation, ExitCode> run)
    {
        using Invocation invocation = new(parse, _terminal);
        try
        {
            return run(invocation);
        }
        catch (ApplianceException fault)
        {
            ExitCode code = ExitCodes.Of(fault);
            invocation.Printer.Failure(fault.Reason, fault.Message, fault.CorrelationId, code);
            return code;
        }
        catch (CommandFault fault)
        {
            invocation.Printer.Failure("csctl." + fault.Code.ToString().ToLowerInvariant(), fault.Message, "", fault.Code);
            return fault.Code;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            string sentence = $"A file can't be used: {fault.Message.TrimEnd('.')}; correct its place, owner or permissions.";
            invocation.Printer.Failure("csctl.configuration", sentence, "", ExitCode.Configuration);
            return ExitCode.Configuration;
        }
        catch (Exception defect)
        {
            invocation.Printer.Failure("csctl.internal", $"This is a defect of csctl, please report it: {defect}", "", ExitCode.Internal);
            return ExitCode.Internal;
        }
    }

    private sealed class PrintVersion(Terminal terminal) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            terminal.Output.WriteLine("csctl " + Invocation.Version);
            return 0;
        }
    }
}
