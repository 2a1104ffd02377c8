using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Commands;

/// <summary>People and services, their roles over the appliance, passwords and client certificates.</summary>
internal static class UserCommands
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The user's name" };

    private static readonly Argument<string?> OptionalName = new("NAME") { Description = "The user's name", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string[]> Roles = new("--role")
    {
        Description = "Administrator or Auditor of the appliance; several times for both",
        HelpName = "ROLE",
    };

    private static readonly Option<bool> IsService = new("--service") { Description = "A service, not a person" };

    private static readonly Option<bool> NoPassword = new("--no-password") { Description = "Comes by grant or certificate only" };

    private static readonly Option<string?> PasswordFile = new("--password-file")
    {
        Description = "The new password, on the first line of a file, - for standard input (default: asked for)",
        HelpName = "FILE",
    };

    private static readonly Option<string?> OldPasswordFile = new("--old-password-file")
    {
        Description = "Your old password, to change your own",
        HelpName = "FILE",
    };

    private static readonly Option<bool> EndGrants = new("--end-grants") { Description = "Also revoke the grants made with the old password" };

    private static readonly Option<bool> EndCertificateGrants = new("--end-grants") { Description = "Also revoke the grants made with the certificate" };

    private static readonly Argument<string> CertificateFile = new("FILE") { Description = "The certificate, PEM or DER" };

    private static readonly Argument<string> Spki = new("SPKI-SHA256") { Description = "The certificate's id, as 'list' shows it" };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "user",
        "People and services",
        line.Define("create", "Makes a user", Create, Name, IsService, Roles, PasswordFile, NoPassword),
        line.Define(
            "list",
            "Lists users",
            invocation => invocation.Printer.List(
                Pages.Of(after =>
                {
                    ListUsersResponse page = invocation.Ask(OperationCode.ListUsers, new ListUsersRequest { After = after }, ListUsersResponse.Parser);
                    return (page.Users, page.Next);
                }),
                Views.Users,
                "There are no users.")),
        line.Define("disable", "Locks a user out at once, on open connections, too", invocation => SetEnabled(invocation, enabled: false), Name),
        line.Define("enable", "Lets a disabled user in again", invocation => SetEnabled(invocation, enabled: true), Name),
        line.Define("password", "Sets a password: your own, or (administrators) somebody's", SetPassword, OptionalName, PasswordFile, OldPasswordFile, EndGrants),
        line.Define("roles", "Sets a user's roles over the appliance; without --role: none", SetRoles, Name, Roles),
        BuildCertificate(line));

    private static Command BuildCertificate(CommandLine line) => CommandLine.Group(
        "certificate",
        "Client certificates by which a user may come",
        line.Define(
            "add",
            "Registers a certificate; what counts is its key",
            invocation => invocation.Printer.One(
                invocation.Ask(
                    OperationCode.AddClientCertificate,
                    new AddClientCertificateRequest
                    {
                        User = invocation.Get(Name),
                        Certificate = ByteString.CopyFrom(CertificateFiles.Read(invocation.Get(CertificateFile))[0]),
                    },
                    AddClientCertificateResponse.Parser).Certificate,
                Views.ClientCertificates),
            Name,
            CertificateFile),
        line.Define(
            "list",
            "Lists client certificates",
            invocation => invocation.Printer.List(
                Pages.Of(after =>
                {
                    ListClientCertificatesResponse page = invocation.Ask(
                        OperationCode.ListClientCertificates,
                        new ListClientCertificatesRequest { User = invocation.Get(OptionalName) ?? "", After = after },
                        ListClientCertificatesResponse.Parser);
                    return (page.Certificates, page.Next);
                }),
                Views.ClientCertificates,
                "There are no client certificates."),
            OptionalName),
        line.Define(
            "remove",
            "Forgets a client certificate at once",
            invocation =>
            {
                RemoveClientCertificateResponse response = invocation.Ask(
                    OperationCode.RemoveClientCertificate,
                    new RemoveClientCertificateRequest { SpkiSha256 = invocation.Get(Spki), EndGrants = invocation.Get(EndCertificateGrants) },
                    RemoveClientCertificateResponse.Parser);
                invocation.Printer.Done("The client certificate is forgotten.");
                GrantCommands.TellRemaining(invocation, response.Revoked, response.Remaining, "csctl grant revoke ID --with-made");
            },
            Spki,
            EndCertificateGrants));

    private static void Create(Invocation invocation)
    {
        CreateUserRequest request = new() { Name = invocation.Get(Name), Kind = invocation.Get(IsService) ? "service" : "user" };
        request.Roles.AddRange(invocation.Get(Roles) ?? []);
        User user;
        if (invocation.Get(NoPassword) || (invocation.Get(IsService) && invocation.Get(PasswordFile) is null))
        {
            user = invocation.Ask(OperationCode.CreateUser, request, CreateUserResponse.Parser).User;
        }
        else
        {
            using ClientSecret password = invocation.Secret(invocation.Get(PasswordFile), $"Password of {request.Name}", twice: true);
            user = invocation.Ask(OperationCode.CreateUser, request, CreateUserResponse.Parser, password).User;
        }

        invocation.Printer.One(user, Views.Users);
    }

    private static void SetEnabled(Invocation invocation, bool enabled) => invocation.Printer.One(
        invocation.Ask(
            OperationCode.SetUser, new SetUserRequest { Name = invocation.Get(Name), Enabled = enabled }, SetUserResponse.Parser).User,
        Views.Users);

    private static void SetRoles(Invocation invocation)
    {
        SetUserRequest request = new() { Name = invocation.Get(Name), SetRoles = true };
        request.Roles.AddRange(invocation.Get(Roles) ?? []);
        invocation.Printer.One(invocation.Ask(OperationCode.SetUser, request, SetUserResponse.Parser).User, Views.Users);
    }

    private static void SetPassword(Invocation invocation)
    {
        string name = invocation.Get(OptionalName) ?? "";
        bool isOwn = name.Length == 0;
        using ClientSecret? old = isOwn ? invocation.Secret(invocation.Get(OldPasswordFile), "Old password") : null;
        using ClientSecret password = invocation.Secret(
            invocation.Get(PasswordFile), isOwn ? "New password" : $"New password of {name}", twice: true);
        SetPasswordResponse response = invocation.Client.Call(
            OperationCode.SetPassword,
            new SetPasswordRequest { Name = name, EndGrants = invocation.Get(EndGrants) },
            SetPasswordResponse.Parser,
            secret: password.Span,
            secondSecret: old is null ? [] : old.Span,
            secrets: isOwn ? 2 : 1);
        invocation.Printer.Done(isOwn ? "Your password is changed." : $"The password of {name} is changed.");
        GrantCommands.TellRemaining(invocation, response.Revoked, response.Remaining, "csctl grant revoke ID --with-made");
    }
}
