using System.CommandLine;
using CodeSign.Client;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>PINs of a project's token.</summary>
internal static class PinCommands
{
    private static readonly Argument<string> Project = new("PROJECT") { Description = "The project's name: the token's label" };

    private static readonly Option<bool> IsSo = new("--so") { Description = "The SO PIN, not a user's" };

    private static readonly Option<string?> User = new("--user") { Description = "Whose PIN (default: yours)", HelpName = "NAME" };

    private static readonly Option<string?> PinFile = new("--pin-file")
    {
        Description = "The new PIN, on the first line of a file, - for standard input (default: asked for)",
        HelpName = "FILE",
    };

    private static readonly Option<string?> OldPinFile = new("--old-pin-file") { Description = "The old PIN (default: asked for)", HelpName = "FILE" };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "pin",
        "PINs of a token",
        line.Define("reset", "Sets a new PIN as the project's owner: a first one, a forgotten one, a locked one", Reset, Project, IsSo, User, PinFile),
        line.Define("set", "Changes your own PIN", Set, Project, IsSo, OldPinFile, PinFile));

    private static UserType Type(Invocation invocation) => invocation.Get(IsSo) ? UserType.UserSo : UserType.UserUser;

    private static void Reset(Invocation invocation)
    {
        ResetPinRequest request = new()
        {
            Project = invocation.Get(Project),
            UserType = Type(invocation),
            User = invocation.Get(User) ?? "",
        };
        using ClientSecret pin = invocation.Secret(invocation.Get(PinFile), "New PIN", twice: true);
        invocation.Ask(OperationCode.ResetPin, request, ResetPinResponse.Parser, pin);
        invocation.Printer.Done(invocation.Get(IsSo) ? $"The SO PIN of {request.Project} is set." : $"The PIN for {request.Project} is set.");
    }

    private static void Set(Invocation invocation)
    {
        TokenDescription token = ProjectNames.Token(invocation, invocation.Get(Project));
        using ClientSecret old = invocation.Secret(invocation.Get(OldPinFile), "Old PIN");
        using ClientSecret pin = invocation.Secret(invocation.Get(PinFile), "New PIN", twice: true);
        invocation.Client.SetPin(token.ProjectId, Type(invocation), old.Span, pin.Span, default)?.Dispose();
        invocation.Printer.Done($"Your PIN for {token.Label} is changed.");
    }
}
