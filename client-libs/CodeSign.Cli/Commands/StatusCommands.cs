using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>Who am I, where, and how is the appliance.</summary>
internal static class StatusCommands
{
    private static readonly IReadOnlyList<Column<(ClientSettings Settings, HelloResponse Hello, StatusResponse? Appliance)>> StatusColumns =
    [
        new("user", "User", row => row.Hello.Caller?.Name),
        new("credential", "Credential", row => row.Hello.Caller?.Credential),
        new("roles", "Roles", row => row.Hello.Caller?.Roles ?? []),
        new("servers", "Servers", row => row.Settings.Servers.Select(server => server.ToString())),
        new("configuration", "Configuration", row => row.Settings.SourceFile),
        new("tokens", "Tokens", row => row.Hello.Tokens.Select(token => token.Label)),
        new("server_version", "Appliance version", row => row.Hello.ServerVersion),
        new("server_time", "Appliance time", row => Views.Time(row.Hello.ServerTimeUnixMs)),
        new("started", "Started", row => row.Appliance is null ? null : Views.Time(row.Appliance.StartedUnixMs)),
        new("seal", "Seal", row => row.Appliance?.Seal),
        new("tls_not_after", "TLS certificate until", row => row.Appliance?.TlsNotAfter),
        new("audit_size", "Audit records", row => row.Appliance?.AuditSize),
        new("audit_root", "Audit root", row => row.Appliance is null ? null : Convert.ToHexStringLower(row.Appliance.AuditRoot.Span)),
        new("requests", "Requests", row => row.Appliance?.Requests),
        new("signatures", "Signatures", row => row.Appliance?.Signatures),
        new("connections", "Connections", row => row.Appliance?.Connections),
        new("hsms", "HSMs", row => row.Appliance?.Hsms.Select(hsm => $"{hsm.Name}: {(hsm.Available ? "available" : hsm.Detail)}")),
        new("warnings", "Warnings", row => row.Appliance?.Warnings),
    ];

    public static Command BuildStatus(CommandLine line) => line.Define(
        "status",
        "Tells who you are and how the appliance is (its inner state: administrators and auditors)",
        invocation =>
        {
            StatusResponse? appliance = AskAppliance(invocation);
            invocation.Printer.One((invocation.Settings, invocation.Client.Hello(), appliance), StatusColumns);
            if (appliance is null)
            {
                invocation.Printer.Note("More of the appliance is shown to administrators and auditors.");
            }
        });

    public static Command BuildTokens(CommandLine line) => line.Define(
        "tokens",
        "Lists the tokens you see: your projects",
        invocation => invocation.Printer.List(
            invocation.Client.ListTokens(), Views.Tokens, "You see no token; ask a project's owner to add you ('csctl project member add')."));

    private static StatusResponse? AskAppliance(Invocation invocation)
    {
        try
        {
            return invocation.Ask(OperationCode.Status, new StatusRequest(), StatusResponse.Parser);
        }
        catch (ApplianceException refusal) when (refusal.IsRefusal && refusal.Status is CKR.CKR_FUNCTION_REJECTED or CKR.CKR_USER_NOT_LOGGED_IN)
        {
            // Not for everybody's eyes.
            return null;
        }
    }
}
