using System.CommandLine;
using CodeSign.Cli.Doctor;
using CodeSign.Cli.Output;

namespace CodeSign.Cli.Commands;

/// <summary>Finds what is wrong with a client's set-up.</summary>
internal static class DoctorCommands
{
    private static readonly Option<string?> Module = new("--module")
    {
        Description = "The PKCS#11 module (default: $CODESIGN_P11_MODULE, then beside csctl, then the usual places)",
        HelpName = "FILE",
    };

    private static readonly IReadOnlyList<Column<Finding>> Columns =
    [
        new("check", "CHECK", finding => finding.Check),
        new("result", "RESULT", finding => finding.Result.ToString().ToLowerInvariant()),
        new("detail", "DETAIL", finding => finding.Detail),
    ];

    public static Command Build(CommandLine line) => line.Define(
        "doctor",
        "Checks this client's set-up step by step and says what to do",
        invocation =>
        {
            List<Finding> findings = Examination.Run(invocation, invocation.Get(Module));
            invocation.Printer.List(findings, Columns, "");
            return findings.Exists(finding => finding.Result == Result.Wrong) ? ExitCode.Unhealthy : ExitCode.Ok;
        },
        Module);
}
