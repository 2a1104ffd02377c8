using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>The tables of entities: one row per type. A new type needs a row here and a migration.</summary>
/// <param name="Name">The table.</param>
/// <param name="Type">The entity's type.</param>
/// <param name="Json">How its body is written.</param>
internal sealed record EntityTable(string Name, Type Type, JsonTypeInfo Json)
{
    /// <summary>The column of the sealed part: part of the path it is bound to.</summary>
    public const string SecretColumn = "secret";

    public static IReadOnlyList<EntityTable> All { get; } =
    [
        Of(EntityJson.Default.Identity, "identities"),
        Of(EntityJson.Default.Grant, "grants"),
        Of(EntityJson.Default.ClientCertificate, "client_certificates"),
        Of(EntityJson.Default.TlsAuthority, "tls_authorities"),
        Of(EntityJson.Default.Project, "projects"),
        Of(EntityJson.Default.Pin, "pins"),
        Of(EntityJson.Default.RevokedTicket, "revoked_tickets"),
        Of(EntityJson.Default.SigningEnvironment, "environments"),
        Of(EntityJson.Default.KeyRecord, "keys"),
    ];

    private static readonly Dictionary<Type, EntityTable> ByType = All.ToDictionary(table => table.Type);

    public static EntityTable For(Entity entity) => ByType.TryGetValue(entity.GetType(), out EntityTable? table)
        ? table
        : throw new ArgumentException($"No table for a {entity.GetType().Name}.", nameof(entity));

    public byte[] Serialize(Entity entity) => JsonSerializer.SerializeToUtf8Bytes(entity, Json);

    /// <exception cref="JsonException">Not an entity of this table; written by a newer version.</exception>
    public Entity Deserialize(ReadOnlySpan<byte> body) =>
        (Entity?)JsonSerializer.Deserialize(body, Json) ?? throw new JsonException("An entity can't be null.");

    private static EntityTable Of<T>(JsonTypeInfo<T> json, string name)
        where T : Entity => new(name, typeof(T), json);
}
