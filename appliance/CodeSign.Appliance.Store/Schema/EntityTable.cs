using System.Text.Json;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>The tables of entities: one row per type. A new type needs a row here and a migration.</summary>
/// <param name="Name">The table.</param>
/// <param name="Type">The entity's type.</param>
/// <param name="Since">The first version of the schema that has it.</param>
internal sealed record EntityTable(string Name, Type Type, int Since)
{
    /// <summary>The column of the sealed part: part of the path it is bound to.</summary>
    public const string SecretColumn = "secret";

    public static IReadOnlyList<EntityTable> All { get; } =
    [
        Of<Identity>("identities"),
        Of<Grant>("grants"),
        Of<ClientCertificate>("client_certificates"),
        Of<TlsAuthority>("tls_authorities"),
        Of<Project>("projects"),
        Of<Pin>("pins"),
        Of<RevokedTicket>("revoked_tickets"),
        Of<SigningEnvironment>("environments"),
        Of<KeyRecord>("keys"),
        Of<StoredObject>("objects", since: 2),
    ];

    private static readonly Dictionary<Type, EntityTable> ByType = All.ToDictionary(table => table.Type);

    public static EntityTable For(Entity entity) => ByType.TryGetValue(entity.GetType(), out EntityTable? table)
        ? table
        : throw new ArgumentException($"No table for a {entity.GetType().Name}.", nameof(entity));

    public byte[] Serialize(Entity entity) => JsonSerializer.SerializeToUtf8Bytes(entity, Type, EntityJson.Options);

    /// <exception cref="JsonException">Not an entity of this table; written by a newer version.</exception>
    public Entity Deserialize(ReadOnlySpan<byte> body) =>
        (Entity?)JsonSerializer.Deserialize(body, Type, EntityJson.Options) ?? throw new JsonException("An entity can't be null.");

    private static EntityTable Of<T>(string name, int since = 1)
        where T : Entity => new(name, typeof(T), since);
}
