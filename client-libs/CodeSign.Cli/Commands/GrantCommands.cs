using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Grants: bearer tokens for people and machines.</summary>
internal static class GrantCommands
{
    private static readonly Option<string?> User = new("--user")
    {
        Description = "Whose grant (default: yours; others' need an administrator)",
        HelpName = "NAME",
    };

    private static readonly Option<bool> Machine = new("--machine") { Description = "For a machine's builds" };

    private static readonly Option<string[]> Projects = new("--project")
    {
        Description = "Good for this project only; several times for several",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Lifetime = Lifetimes.NewOption();

    private static readonly Option<string?> Description = new("--description") { Description = "What it is for", HelpName = "TEXT" };

    private static readonly Option<string> GrantOut = new("--grant-out")
    {
        Description = "Where to write the grant: it is shown once",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<bool> All = new("--all") { Description = "Everybody's (administrators)" };

    private static readonly Option<bool> WithMade = new("--with-made") { Description = "Also the grants made with it, and those made with them" };

    private static readonly Argument<string> Id = new("ID") { Description = "The grant's id, as 'list' shows it" };

    public static Command Build(CommandLine line) => CommandLine.Group(
        "grant",
        "Grants: how people and machines come in without a password",
        line.Define("create", "Makes a grant and writes it to a file", Create, User, Machine, Projects, Lifetime, Description, GrantOut),
        line.Define(
            "list",
            "Lists grants (never their values)",
            invocation => invocation.Printer.List(
                Pages.Of(after =>
                {
                    ListGrantsResponse page = invocation.Ask(
                        OperationCode.ListGrants,
                        new ListGrantsRequest { User = invocation.Get(User) ?? "", All = invocation.Get(All), After = after },
                        ListGrantsResponse.Parser);
                    return (page.Grants, page.Next);
                }),
                Views.Grants,
                "There are no grants."),
            User,
            All),
        line.Define(
            "revoke",
            "Ends a grant at once, on open connections, too",
            Revoke,
            Id,
            WithMade));

    /// <summary>Says which grants made with a credential still work after it has ended.</summary>
    internal static void TellRemaining(Invocation invocation, uint revoked, IReadOnlyCollection<string> remaining, string endThem)
    {
        if (revoked > 0)
        {
            invocation.Printer.Done($"{revoked} grants made with it are revoked.");
        }

        if (remaining.Count > 0)
        {
            invocation.Printer.Done(
                $"{remaining.Count} grants made with it still work: {string.Join(", ", remaining)}. If it may have been stolen, end them too: {endThem}");
        }
    }

    private static void Revoke(Invocation invocation)
    {
        RevokeGrantRequest request = new() { Id = invocation.Get(Id), WithMade = invocation.Get(WithMade) };
        RevokeGrantResponse response = invocation.Ask(OperationCode.RevokeGrant, request, RevokeGrantResponse.Parser);
        invocation.Printer.Done("The grant is revoked.");
        TellRemaining(invocation, response.Revoked > 0 ? response.Revoked - 1 : 0, response.Remaining, $"csctl grant revoke {request.Id} --with-made");
    }

    private static void Create(Invocation invocation)
    {
        string path = invocation.Get(GrantOut)!;
        GrantFile.RequireWritable(path);
        CreateGrantRequest request = new()
        {
            User = invocation.Get(User) ?? "",
            Scope = invocation.Get(Machine) ? "machine" : "user",
            LifetimeSeconds = Lifetimes.Seconds(invocation.Get(Lifetime)),
            Description = invocation.Get(Description) ?? "",
        };
        request.Projects.AddRange(invocation.Get(Projects) ?? []);
        Grant grant = invocation.Client
            .CallForSecret(OperationCode.CreateGrant, request, CreateGrantResponse.Parser, out ClientSecret? secret).Grant;
        using (secret)
        {
            GrantFile.WriteOrRevoke(
                path, secret ?? throw new InvalidOperationException("The appliance gave no grant."), grant, invocation.Client);
        }

        invocation.Printer.One(grant, Views.Grants);
    }
}
