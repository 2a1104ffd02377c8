using System.Collections.Immutable;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// All of governance at one moment: immutable, shared by every request that is decided on it. <see cref="Generation"/> tells
/// whether anything changed between a decision and its record.
/// </summary>
public sealed record Snapshot
{
    public static Snapshot Empty { get; } = new();

    public long Generation { get; init; }

    public ImmutableDictionary<string, Identity> Identities { get; init; } = ImmutableDictionary<string, Identity>.Empty;

    public ImmutableDictionary<string, Grant> Grants { get; init; } = ImmutableDictionary<string, Grant>.Empty;

    public ImmutableDictionary<string, ClientCertificate> ClientCertificates { get; init; } =
        ImmutableDictionary<string, ClientCertificate>.Empty;

    public ImmutableDictionary<string, Project> Projects { get; init; } = ImmutableDictionary<string, Project>.Empty;

    public ImmutableDictionary<string, Pin> Pins { get; init; } = ImmutableDictionary<string, Pin>.Empty;

    public ImmutableDictionary<string, SigningEnvironment> Environments { get; init; } =
        ImmutableDictionary<string, SigningEnvironment>.Empty;

    public ImmutableDictionary<string, KeyRecord> Keys { get; init; } = ImmutableDictionary<string, KeyRecord>.Empty;

    /// <summary>This snapshot with one entity put in (added, or in place of the one with its id). The generation stays.</summary>
    public Snapshot With(Entity entity) => entity switch
    {
        Identity e => this with { Identities = Identities.SetItem(e.Id, e) },
        Grant e => this with { Grants = Grants.SetItem(e.Id, e) },
        ClientCertificate e => this with { ClientCertificates = ClientCertificates.SetItem(e.Id, e) },
        Project e => this with { Projects = Projects.SetItem(e.Id, e) },
        Pin e => this with { Pins = Pins.SetItem(e.Id, e) },
        SigningEnvironment e => this with { Environments = Environments.SetItem(e.Id, e) },
        KeyRecord e => this with { Keys = Keys.SetItem(e.Id, e) },
        _ => throw new ArgumentException("Not a kind of entity the snapshot knows.", nameof(entity)),
    };

    /// <summary>This snapshot without the entity of this type and id. The generation stays.</summary>
    public Snapshot Without(Entity entity) => entity switch
    {
        Identity e => this with { Identities = Identities.Remove(e.Id) },
        Grant e => this with { Grants = Grants.Remove(e.Id) },
        ClientCertificate e => this with { ClientCertificates = ClientCertificates.Remove(e.Id) },
        Project e => this with { Projects = Projects.Remove(e.Id) },
        Pin e => this with { Pins = Pins.Remove(e.Id) },
        SigningEnvironment e => this with { Environments = Environments.Remove(e.Id) },
        KeyRecord e => this with { Keys = Keys.Remove(e.Id) },
        _ => throw new ArgumentException("Not a kind of entity the snapshot knows.", nameof(entity)),
    };
}
