using System.CommandLine;
using CodeSign.Appliance.Custody;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd recover-administrator NAME</c>: the way back for an administrator who lost the way in.</summary>
internal static class RecoverAdministratorCommand
{
    public static Command Create()
    {
        CommonOptions common = new();
        Argument<string> name = new("NAME") { Description = "The administrator." };
        Option<string?> passwordFile = new("--password-file")
        {
            Description = "A file with the new password. Default: the terminal.",
            HelpName = "FILE",
        };
        Command command = new("recover-administrator", "Give an administrator a new password, on the server itself; it is recorded.")
        {
            name,
            passwordFile,
        };
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using SecretBytes password = NewPassword.Get(parsed.GetValue(passwordFile), "New password", "--password-file");
            RecoverAdministratorResponse answer = await common.CallAsync(
                parsed,
                OperationCode.RecoverAdministrator,
                new RecoverAdministratorRequest { Name = parsed.GetValue(name) },
                RecoverAdministratorResponse.Parser,
                password,
                cancel);
            await Console.Out.WriteAsync($"{answer.User.Name} is an enabled administrator with the new password.\n");
            return ExitCode.Done;
        });
        return command;
    }
}
