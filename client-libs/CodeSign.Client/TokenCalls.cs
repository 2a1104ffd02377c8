using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Client;

/// <summary>What a token's SO asks for (token.proto).</summary>
public static class TokenCalls
{
    /// <summary>Empties a token and names it; the PIN is its SO's, or becomes it where there is none.</summary>
    public static TokenDescription InitToken(this ApplianceClient client, string projectId, string label, ReadOnlySpan<byte> soPin)
    {
        ArgumentNullException.ThrowIfNull(client);
        InitTokenRequest request = new() { ProjectId = projectId, Label = label };
        return client.Call(OperationCode.InitToken, request, InitTokenResponse.Parser, secret: soPin, secrets: 1).Token;
    }

    /// <summary>Sets the caller's user PIN; the ticket is the SO's.</summary>
    public static void InitPin(this ApplianceClient client, string projectId, ReadOnlySpan<byte> pin, ReadOnlySpan<byte> ticket)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Call(OperationCode.InitPin, new InitPinRequest { ProjectId = projectId }, InitPinResponse.Parser, ticket, pin, secrets: 1);
    }
}
