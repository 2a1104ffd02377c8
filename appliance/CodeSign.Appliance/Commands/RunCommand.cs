using System.CommandLine;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Hosting;
using Serilog.Core;
using Serilog.Extensions.Logging;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd run</c>: the daemon, in the foreground.</summary>
internal static class RunCommand
{
    public static Command Create(IReadOnlyList<string> hardening)
    {
        CommonOptions common = new();
        Command command = new("run", "Serve until SIGTERM. SIGHUP loads the TLS certificate again.");
        common.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            await RunAsync(common.Load(parsed), common.Unsealing(parsed), hardening);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task RunAsync(ApplianceOptions options, Unsealing unsealing, IReadOnlyList<string> hardening)
    {
        await using Logger logger = ApplianceLog.Open(options);
        using SerilogLoggerFactory log = new(logger);
        try
        {
            await new Daemon(options, unsealing, log).RunAsync(hardening);
        }
        catch (Exception e)
        {
            logger.Fatal("codesignd ends: {Problem}", e.Message);
            throw;
        }
    }
}
