using System.Text.Json.Serialization;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>How entities are written. A member this version doesn't know is refused: it may narrow a right.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Identity))]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(ClientCertificate))]
[JsonSerializable(typeof(TlsAuthority))]
[JsonSerializable(typeof(Project))]
[JsonSerializable(typeof(Pin))]
[JsonSerializable(typeof(RevokedTicket))]
[JsonSerializable(typeof(SigningEnvironment))]
[JsonSerializable(typeof(KeyRecord))]
internal sealed partial class EntityJson : JsonSerializerContext;
