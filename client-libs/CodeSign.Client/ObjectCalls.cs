using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Client;

/// <summary>What an application asks for about objects of its own (token.proto).</summary>
public static class ObjectCalls
{
    /// <summary>An object's attributes as they are now.</summary>
    public static GetAttributesResponse GetAttributes(this ApplianceClient client, GetAttributesRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.GetAttributes, request, GetAttributesResponse.Parser, ticket);

    /// <summary>Makes an object out of values.</summary>
    /// <param name="client">The appliance.</param>
    /// <param name="request">The template, but for its secret values.</param>
    /// <param name="secretValues">Those, as token.proto says; empty where there are none.</param>
    /// <param name="ticket">The login ticket, or empty.</param>
    public static CreateObjectResponse CreateObject(this ApplianceClient client, CreateObjectRequest request, ReadOnlySpan<byte> secretValues, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.CreateObject, request, CreateObjectResponse.Parser, ticket, secretValues, secrets: secretValues.IsEmpty ? 0 : 1);

    public static CopyObjectResponse CopyObject(this ApplianceClient client, CopyObjectRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.CopyObject, request, CopyObjectResponse.Parser, ticket);

    public static SetAttributesResponse SetAttributes(this ApplianceClient client, SetAttributesRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.SetAttributes, request, SetAttributesResponse.Parser, ticket);

    public static void DestroyObject(this ApplianceClient client, DestroyObjectRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.DestroyObject, request, DestroyObjectResponse.Parser, ticket);

    public static GenerateKeyResponse GenerateKey(this ApplianceClient client, GenerateKeyRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser, ticket);

    public static GenerateKeyPairResponse GenerateKeyPair(this ApplianceClient client, GenerateKeyPairRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.GenerateKeyPair, request, GenerateKeyPairResponse.Parser, ticket);

    /// <summary>Makes a key out of another and somebody's public point.</summary>
    public static DeriveKeyResponse DeriveKey(this ApplianceClient client, DeriveKeyRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.DeriveKey, request, DeriveKeyResponse.Parser, ticket);

    /// <summary>A key as it leaves, under another.</summary>
    public static WrapKeyResponse WrapKey(this ApplianceClient client, WrapKeyRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.WrapKey, request, WrapKeyResponse.Parser, ticket);

    /// <summary>Makes a key out of one that comes under another.</summary>
    public static UnwrapKeyResponse UnwrapKey(this ApplianceClient client, UnwrapKeyRequest request, ReadOnlySpan<byte> ticket) =>
        Required(client).Call(OperationCode.UnwrapKey, request, UnwrapKeyResponse.Parser, ticket);

    /// <summary>Reads secret values of a key that may show them, as token.proto says; null where the appliance sends none.</summary>
    public static ClientSecret? RevealAttributes(this ApplianceClient client, RevealAttributesRequest request, ReadOnlySpan<byte> ticket)
    {
        Required(client).CallForSecret(OperationCode.RevealAttributes, request, RevealAttributesResponse.Parser, out ClientSecret? values, ticket);
        return values;
    }

    /// <summary>Ends the session objects of an application.</summary>
    public static void EndApplication(this ApplianceClient client, EndApplicationRequest request) => Required(client).Call(OperationCode.EndApplication, request, EndApplicationResponse.Parser);

    private static ApplianceClient Required(ApplianceClient? client) => client ?? throw new ArgumentNullException(nameof(client));
}
