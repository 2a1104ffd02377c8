using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// All of governance at one moment: immutable, shared by every request that is decided on it. <see cref="Generation"/> tells
/// whether anything changed between a decision and its record. The look-ups by name are kept with it, so that no request searches.
/// </summary>
public sealed record Snapshot
{
    private static readonly ImmutableDictionary<string, string> NoNames =
        ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    private static readonly ImmutableDictionary<string, ImmutableSortedSet<string>> NoSets =
        ImmutableDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal);

    private static readonly ImmutableSortedSet<string> NoIds = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public static Snapshot Empty { get; } = new();

    public long Generation { get; init; }

    public ImmutableDictionary<string, Identity> Identities { get; init; } = None<Identity>();

    public ImmutableDictionary<string, Grant> Grants { get; init; } = None<Grant>();

    public ImmutableDictionary<string, ClientCertificate> ClientCertificates { get; init; } = None<ClientCertificate>();

    public ImmutableDictionary<string, Project> Projects { get; init; } = None<Project>();

    public ImmutableDictionary<string, Pin> Pins { get; init; } = None<Pin>();

    public ImmutableDictionary<string, RevokedTicket> RevokedTickets { get; init; } = None<RevokedTicket>();

    public ImmutableDictionary<string, SigningEnvironment> Environments { get; init; } = None<SigningEnvironment>();

    public ImmutableDictionary<string, KeyRecord> Keys { get; init; } = None<KeyRecord>();

    public ImmutableDictionary<string, StoredObject> Objects { get; init; } = None<StoredObject>();

    public ImmutableDictionary<string, TlsAuthority> TlsAuthorities { get; init; } = None<TlsAuthority>();

    private ImmutableDictionary<string, string> IdentityNames { get; init; } = NoNames;

    private ImmutableDictionary<string, string> GrantHashes { get; init; } = NoNames;

    private ImmutableDictionary<string, string> ProjectNames { get; init; } = NoNames;

    private ImmutableDictionary<string, ImmutableSortedSet<string>> ProjectEnvironments { get; init; } = NoSets;

    private ImmutableDictionary<string, string> EnvironmentNames { get; init; } = NoNames;

    private ImmutableDictionary<string, ImmutableSortedSet<string>> EnvironmentKeys { get; init; } = NoSets;

    private ImmutableDictionary<string, ImmutableSortedSet<string>> KeyIds { get; init; } = NoSets;

    private ImmutableDictionary<string, long> ObjectBytes { get; init; } = ImmutableDictionary.Create<string, long>(StringComparer.Ordinal);

    private ImmutableDictionary<string, ImmutableSortedSet<string>> ProjectObjects { get; init; } = NoSets;

    // By project and value of the attributes that applications search by. Their digests: values may be long, and a digest that two have in
    // common would only have one more looked at.
    private ImmutableDictionary<UInt128, ImmutableSortedSet<string>> ObjectValues { get; init; } =
        ImmutableDictionary<UInt128, ImmutableSortedSet<string>>.Empty;

    /// <summary>The grants made with a credential, and those made with them in turn, whether they live or not.</summary>
    public IReadOnlyList<Grant> GrantsMadeWith(string credential)
    {
        ILookup<string, Grant> byMaker = Grants.Values.ToLookup(grant => grant.MadeWith, StringComparer.Ordinal);
        List<Grant> made = [.. byMaker[credential]];
        for (int i = 0; i < made.Count; i++)
        {
            made.AddRange(byMaker[made[i].AsMaker]);
        }

        return made;
    }

    public Identity? FindIdentity(string name) => Find(IdentityNames, Identities, name);

    public Grant? FindGrant(string tokenHash) => Find(GrantHashes, Grants, tokenHash);

    public Project? FindProject(string name) => Find(ProjectNames, Projects, name);

    /// <summary>The environments of a project, by name.</summary>
    public IEnumerable<SigningEnvironment> EnvironmentsOf(string projectId) =>
        ProjectEnvironments.GetValueOrDefault(projectId, []).Select(id => Environments[id])
            .OrderBy(environment => environment.Name, StringComparer.Ordinal);

    public SigningEnvironment? FindEnvironment(string projectId, string name) =>
        Find(EnvironmentNames, Environments, NameOf(projectId, name));

    /// <summary>The keys of environments, in all projects, with this CKA_ID (hex).</summary>
    public IEnumerable<KeyRecord> KeysWithId(string ckaId) => KeyIds.GetValueOrDefault(ckaId, []).Select(id => Keys[id]);

    /// <summary>The keys of an environment, newest generation first.</summary>
    public IEnumerable<KeyRecord> KeysOf(string environmentId) =>
        EnvironmentKeys.GetValueOrDefault(environmentId, []).Select(id => Keys[id]).OrderByDescending(key => key.Generation);

    /// <summary>The key an environment signs with: the newest active one; null when there is none.</summary>
    public KeyRecord? CurrentKey(string environmentId) =>
        KeysOf(environmentId).FirstOrDefault(key => key.State == KeyState.Active);

    /// <summary>The objects that applications made in a project, by id, those after this one.</summary>
    public IEnumerable<StoredObject> ObjectsOf(string projectId, string after = "") =>
        ObjectsIn(projectId, ProjectObjects.GetValueOrDefault(projectId, []), after);

    /// <summary>What is left of those that have ended: to be cleared away.</summary>
    public IEnumerable<StoredObject> EndedObjectsOf(string projectId) =>
        Projects.TryGetValue(projectId, out Project? project)
            ? ProjectObjects.GetValueOrDefault(projectId, []).Select(id => Objects[id]).Where(made => !made.IsAliveIn(project))
            : [];

    /// <summary>An object that an application made; null when there is none, or it has ended.</summary>
    public StoredObject? FindObject(string id) =>
        Objects.TryGetValue(id, out StoredObject? made) && Projects.TryGetValue(made.ProjectId, out Project? project) && made.IsAliveIn(project)
            ? made
            : null;

    /// <summary>How many there are, with what is left of others.</summary>
    public int CountObjectsOf(string projectId) => ProjectObjects.GetValueOrDefault(projectId, []).Count;

    /// <summary>Bytes of their attributes together.</summary>
    public long BytesOfObjects(string projectId) => ObjectBytes.GetValueOrDefault(projectId);

    /// <summary>Those of them that have this label or id (CKA_LABEL, CKA_ID).</summary>
    public IEnumerable<StoredObject> ObjectsWith(string projectId, CKA attribute, ReadOnlyMemory<byte> value, string after = "") =>
        ObjectsIn(projectId, ObjectValues.GetValueOrDefault(DigestOf(projectId, attribute, value), []), after)
            .Where(made => (made.Attributes.Find(attribute) ?? default).Span.SequenceEqual(value.Span));

    /// <summary>A private key by its id, whoever made it; null when there is none that could be used.</summary>
    public UsableKey? FindKey(string keyId)
    {
        if (Keys.TryGetValue(keyId, out KeyRecord? key))
        {
            return Environments.TryGetValue(key.EnvironmentId, out SigningEnvironment? environment)
                ? new UsableKey(key.Id, environment, key.Algorithm, key.State, Signs: true, key.Generation, AsksAlways: false)
                : null;
        }

        return Objects.TryGetValue(keyId, out StoredObject? made) && Projects.TryGetValue(made.ProjectId, out Project? project)
            ? UsableKey.Of(made, project)
            : null;
    }

    /// <summary>This snapshot with one entity put in (added, or in place of the one with its id). The generation stays.</summary>
    public Snapshot With(Entity entity) => entity switch
    {
        Identity e => this with
        {
            Identities = Identities.SetItem(e.Id, e),
            IdentityNames = Renamed(IdentityNames, Identities.GetValueOrDefault(e.Id)?.Name, e.Name, e.Id),
        },
        Grant e => this with
        {
            Grants = Grants.SetItem(e.Id, e),
            GrantHashes = Renamed(GrantHashes, Grants.GetValueOrDefault(e.Id)?.TokenHash, e.TokenHash, e.Id),
        },
        ClientCertificate e => this with { ClientCertificates = ClientCertificates.SetItem(e.Id, e) },
        Project e => this with
        {
            Projects = Projects.SetItem(e.Id, e),
            ProjectNames = Renamed(ProjectNames, Projects.GetValueOrDefault(e.Id)?.Name, e.Name, e.Id),
        },
        Pin e => this with { Pins = Pins.SetItem(e.Id, e) },
        RevokedTicket e => this with { RevokedTickets = RevokedTickets.SetItem(e.Id, e) },
        SigningEnvironment e => this with
        {
            Environments = Environments.SetItem(e.Id, e),
            ProjectEnvironments = Joined(ProjectEnvironments, e.ProjectId, e.Id),
            EnvironmentNames = Renamed(
                EnvironmentNames,
                Environments.TryGetValue(e.Id, out SigningEnvironment? before) ? NameOf(before.ProjectId, before.Name) : null,
                NameOf(e.ProjectId, e.Name),
                e.Id),
        },
        KeyRecord e => this with
        {
            Keys = Keys.SetItem(e.Id, e),
            EnvironmentKeys = Joined(EnvironmentKeys, e.EnvironmentId, e.Id),
            KeyIds = Joined(KeyIds, e.CkaId, e.Id),
        },
        StoredObject e => WithObject(e),
        TlsAuthority e => this with { TlsAuthorities = TlsAuthorities.SetItem(e.Id, e) },
        _ => throw new ArgumentException("Not a kind of entity the snapshot knows.", nameof(entity)),
    };

    /// <summary>This snapshot without the entity of this type and id. The generation stays.</summary>
    public Snapshot Without(Entity entity) => entity switch
    {
        Identity e => this with { Identities = Identities.Remove(e.Id), IdentityNames = IdentityNames.Remove(e.Name) },
        Grant e => this with { Grants = Grants.Remove(e.Id), GrantHashes = GrantHashes.Remove(e.TokenHash) },
        ClientCertificate e => this with { ClientCertificates = ClientCertificates.Remove(e.Id) },
        Project e => this with { Projects = Projects.Remove(e.Id), ProjectNames = ProjectNames.Remove(e.Name) },
        Pin e => this with { Pins = Pins.Remove(e.Id) },
        RevokedTicket e => this with { RevokedTickets = RevokedTickets.Remove(e.Id) },
        SigningEnvironment e => this with
        {
            Environments = Environments.Remove(e.Id),
            ProjectEnvironments = Left(ProjectEnvironments, e.ProjectId, e.Id),
            EnvironmentNames = EnvironmentNames.Remove(NameOf(e.ProjectId, e.Name)),
        },
        KeyRecord e => this with
        {
            Keys = Keys.Remove(e.Id),
            EnvironmentKeys = Left(EnvironmentKeys, e.EnvironmentId, e.Id),
            KeyIds = Left(KeyIds, e.CkaId, e.Id),
        },
        StoredObject e => WithoutObject(e.Id),
        TlsAuthority e => this with { TlsAuthorities = TlsAuthorities.Remove(e.Id) },
        _ => throw new ArgumentException("Not a kind of entity the snapshot knows.", nameof(entity)),
    };

    private Snapshot WithObject(StoredObject made)
    {
        Snapshot without = WithoutObject(made.Id);
        return without with
        {
            Objects = without.Objects.SetItem(made.Id, made),
            ProjectObjects = Joined(without.ProjectObjects, made.ProjectId, made.Id),
            ObjectValues = DigestsOf(made).Aggregate(without.ObjectValues, (sets, digest) => Joined(sets, digest, made.Id)),
            ObjectBytes = without.ObjectBytes.SetItem(made.ProjectId, without.BytesOfObjects(made.ProjectId) + made.Bytes),
        };
    }

    private Snapshot WithoutObject(string id) => Objects.TryGetValue(id, out StoredObject? gone)
        ? this with
        {
            Objects = Objects.Remove(id),
            ProjectObjects = Left(ProjectObjects, gone.ProjectId, id),
            ObjectValues = DigestsOf(gone).Aggregate(ObjectValues, (sets, digest) => Left(sets, digest, id)),
            ObjectBytes = ObjectBytes.SetItem(gone.ProjectId, BytesOfObjects(gone.ProjectId) - gone.Bytes),
        }
        : this;

    private IEnumerable<StoredObject> ObjectsIn(string projectId, ImmutableSortedSet<string> ids, string after)
    {
        if (!Projects.TryGetValue(projectId, out Project? project))
        {
            yield break;
        }

        // The place of one that is gone is where it would be.
        int place = after.Length == 0 ? -1 : ids.IndexOf(after);
        for (int i = place < -1 ? ~place : place + 1; i < ids.Count; i++)
        {
            StoredObject made = Objects[ids[i]];
            if (made.IsAliveIn(project))
            {
                yield return made;
            }
        }
    }

    private static UInt128[] DigestsOf(StoredObject made) =>
    [
        DigestOf(made.ProjectId, CKA.CKA_LABEL, made.Attributes.Find(CKA.CKA_LABEL) ?? default),
        DigestOf(made.ProjectId, CKA.CKA_ID, made.Attributes.Find(CKA.CKA_ID) ?? default),
    ];

    private static UInt128 DigestOf(string projectId, CKA attribute, ReadOnlyMemory<byte> value)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{projectId}/{attribute}/"));
        hash.AppendData(value.Span);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static string NameOf(string projectId, string environment) => projectId + "/" + environment;

    private static ImmutableDictionary<string, T> None<T>() => ImmutableDictionary.Create<string, T>(StringComparer.Ordinal);

    private static T? Find<T>(ImmutableDictionary<string, string> names, ImmutableDictionary<string, T> entities, string name)
        where T : Entity =>
        names.TryGetValue(name, out string? id) ? entities[id] : null;

    private static ImmutableDictionary<string, string> Renamed(
        ImmutableDictionary<string, string> names, string? before, string now, string id) =>
        (before is null || string.Equals(before, now, StringComparison.Ordinal) ? names : names.Remove(before)).SetItem(now, id);

    private static ImmutableDictionary<T, ImmutableSortedSet<string>> Joined<T>(
        ImmutableDictionary<T, ImmutableSortedSet<string>> sets, T owner, string id)
        where T : notnull =>
        sets.SetItem(owner, sets.GetValueOrDefault(owner, NoIds).Add(id));

    private static ImmutableDictionary<T, ImmutableSortedSet<string>> Left<T>(
        ImmutableDictionary<T, ImmutableSortedSet<string>> sets, T owner, string id)
        where T : notnull =>
        !sets.TryGetValue(owner, out ImmutableSortedSet<string>? set) ? sets
        : set.Count == 1 && set.Contains(id) ? sets.Remove(owner)
        : sets.SetItem(owner, set.Remove(id));
}
