using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Store;

namespace CodeSign.Appliance.Commands;

/// <summary>
/// The commands, and the boundary around them: what goes wrong becomes one sentence on standard error and an exit code.
/// </summary>
internal static class CommandLine
{
    private const string Description = """
        The CodeSign appliance: guards signing keys and governs their use.

        Exit codes: 0 done, 1 refused or a check found something, 2 command line or configuration, 3 not running (status),
        4 data folder or database can't be used, 5 wrong passphrase or key file, 6 database tampered with, 7 fault of ours.
        """;

    public static async Task<int> RunAsync(string[] arguments, IReadOnlyList<string> hardening)
    {
        RootCommand root = new(Description)
        {
            InitCommand.Create(),
            RunCommand.Create(hardening),
            StatusCommand.Create(),
            HealthCommand.Create(),
            CheckCommand.Create(),
            BackupCommand.Create(),
            RecoverAdministratorCommand.Create(),
        };
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
            {
                await Console.Error.WriteAsync($"codesignd: {error.Message}\n");
            }

            await Console.Error.WriteAsync("Try: codesignd --help\n");
            return ExitCode.Usage;
        }

        return await InvokeAsync(parsed);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The boundary of the process: every failure becomes a sentence and an exit code.")]
    private static async Task<int> InvokeAsync(ParseResult parsed)
    {
        try
        {
            // Signals are handled where there is something to finish, not by the parser.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            (int code, string sentence) = Explain(e);
            await Console.Error.WriteAsync($"codesignd: {sentence}\n");
            return code;
        }
    }

    private static (int Code, string Sentence) Explain(Exception e) => e switch
    {
        ConfigurationException => (ExitCode.Usage, e.Message),
        SealException => (ExitCode.Seal, e.Message),
        TamperedException => (ExitCode.Tampered, e.Message),
        StoreException => (ExitCode.Store, e.Message),
        LocalRefusalException => (ExitCode.Refused, e.Message),
        OperationCanceledException => (ExitCode.Refused, "Interrupted."),
        IOException or UnauthorizedAccessException => (ExitCode.Store, e.Message),
        _ => (ExitCode.Fault, $"This is a fault of codesignd, please report it: {e}"),
    };
}
