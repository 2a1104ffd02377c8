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
        Option<bool> create = new("--create") { Description = "Make NAME an administrator who isn't one yet." };
        Option<bool> endGrants = new("--end-grants") { Description = "Also revoke the grants made with the old password." };
        Command command = new("recover-administrator", "Give an administrator a new password, on the server itself; it is recorded.")
        {
            name,
            passwordFile,
            create,
            endGrants,
        };
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using SecretBytes password = NewPassword.Get(parsed.GetValue(passwordFile), "New password", "--password-file");
            RecoverAdministratorResponse answer = await common.CallAsync(
                parsed,
                OperationCode.RecoverAdministrator,
                new RecoverAdministratorRequest
                {
                    Name = parsed.GetValue(name),
                    Create = parsed.GetValue(create),
                    EndGrants = parsed.GetValue(endGrants),
                },
                RecoverAdministratorResponse.Parser,
                password,
                cancel);
            await Console.Out.WriteAsync($"{answer.User.Name} is an enabled administrator with the new password.\n" + Grants(answer));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Grants(RecoverAdministratorResponse answer) =>
        answer.Revoked > 0 ? $"{answer.Revoked} grants made with the old password are revoked.\n"
        : answer.Remaining.Count > 0 ? $"{answer.Remaining.Count} grants made with the old password still work: {string.Join(", ", answer.Remaining)}. "
            + "If it may have been stolen, end them too: csctl grant revoke ID --with-made, or this command again with --end-grants.\n"
        : "";
}
