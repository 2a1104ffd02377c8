using System.CommandLine;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd backup FILE</c>: a consistent copy of the database, sealed as the original is.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        CommonOptions common = new();
        Argument<string> file = new("FILE") { Description = "The new file." };
        Command command = new(
            "backup", "Write a consistent copy of the database, while the daemon runs or not. It opens with the same seal.") { file };
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            string path = Path.GetFullPath(parsed.GetValue(file)!);
            BackupResponse backup = await common.CallAsync(
                parsed, OperationCode.Backup, new BackupRequest { Path = path }, BackupResponse.Parser, null, cancel);
            await Console.Out.WriteAsync($"""
                {path}: {backup.Bytes} bytes.
                Not in it: codesignd.conf with the files it names, and the passphrase or key file of the seal. To restore takes all
                of them; keep the last apart from the backup.

                """);
            return ExitCode.Done;
        });
        return command;
    }
}
