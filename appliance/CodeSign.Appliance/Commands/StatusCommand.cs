using System.CommandLine;
using System.Globalization;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd status</c>: what a running daemon says of itself.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        CommonOptions common = new();
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("status", "Show what the running daemon says of itself.") { json };
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            ApplianceOptions options = common.Load(parsed);
            await using LocalClient? client = await LocalClient.ConnectAsync(options.AdminSocket, cancel);
            if (client is null)
            {
                await Console.Error.WriteAsync($"codesignd: No daemon runs on {options.Folder}.\n");
                return ExitCode.NotRunning;
            }

            StatusResponse status = await client.CallAsync(
                OperationCode.Status, new StatusRequest(), StatusResponse.Parser, null, cancel);
            await Console.Out.WriteAsync(parsed.GetValue(json) ? JsonFormatter.Default.Format(status) + "\n" : Text(status));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Text(StatusResponse status)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        text.Write($"codesignd {status.Version}, pid {status.Pid}\n");
        text.Write($"running since      {DateTimeOffset.FromUnixTimeMilliseconds(status.StartedUnixMs):yyyy-MM-dd'T'HH:mm:ss'Z'}\n");
        text.Write($"seal               {status.Seal}\n");
        text.Write($"TLS certificate    good until {status.TlsNotAfter}\n");
        text.Write($"connections        {status.Connections}\n");
        text.Write($"requests           {status.Requests}, of them {status.Signatures} signatures\n");
        text.Write($"audit record       {status.AuditSize} leaves, root {Convert.ToHexStringLower(status.AuditRoot.Span)}\n");
        foreach (HsmStatus hsm in status.Hsms)
        {
            text.Write($"{hsm.Name,-18} {(hsm.Available ? "available" : "not available")}, {hsm.Queued} waiting: {hsm.Detail}\n");
        }

        foreach (string warning in status.Warnings)
        {
            text.Write($"warning            {warning}\n");
        }

        return text.ToString();
    }
}
