using System.Collections.Immutable;
using System.Globalization;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using WireGrant = CodeSign.Wire.V1.Grant;

namespace CodeSign.Appliance.Requests.Operations.People;

/// <summary>Grants: bearer tokens for people and machines.</summary>
internal sealed class GrantOperations(GrantHasher hasher)
{
    /// <summary>Seconds of the longest grant: two years.</summary>
    public const long LifetimeSecondsMax = 2L * 366 * 24 * 3600;

    /// <summary>Live grants of one user.</summary>
    public const int GrantsMax = 200;

    /// <summary>Those of them that were made with grants.</summary>
    public const int MadeWithGrantsMax = 100;

    /// <summary>Grants named in an answer about what a credential has made.</summary>
    public const int RemainingMax = 1000;

    /// <summary>Ended grants of one user that are still listed; the record has them all.</summary>
    public const int EndedMax = 200;

    private const long LifetimeSecondsDefault = 90L * 24 * 3600;

    public async ValueTask<CreateGrantResponse> CreateAsync(RequestContext context, CreateGrantRequest request)
    {
        if (request.LifetimeSeconds is < 0 or > LifetimeSecondsMax)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "grant.lifetime", $"A grant lives 1 to {LifetimeSecondsMax} seconds.");
        }

        Names.RequireDescription(request.Description);
        string scope = request.Scope switch
        {
            "" or "user" => "user",
            "machine" => "machine",
            _ => throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "grant.scope", "A grant's scope is 'user' or 'machine'."),
        };
        Identity owner = FindOwner(context, context.Snapshot, request.User);
        DateTimeOffset expires = context.Now.AddSeconds(request.LifetimeSeconds == 0 ? LifetimeSecondsDefault : request.LifetimeSeconds);
        context.ReplySecret = GrantHasher.Create();
        Grant grant = new()
        {
            Id = Names.NewId(),
            IdentityId = owner.Id,
            TokenHash = hasher.Hash(context.ReplySecret.Span),
            Scope = scope,
            Projects = ReadProjects(context, request.Projects),
            Created = context.Now,
            Expires = Bounded(context, owner, expires),
            Description = request.Description,
            MadeWith = context.Caller.AsMaker,
        };
        await context.ChangeAsync(latest =>
        {
            _ = FindOwner(context, latest, request.User);
            StoreChange change = new StoreChange().Put(grant).Record(context.Event() with { Detail = $"grant {grant.Id} for {owner.Name}" });
            return MakeRoom(change, latest, owner, context.Caller.Credential == CredentialKind.Grant, context.Now);
        });
        return new CreateGrantResponse { Grant = Show(context.Snapshot, grant) };
    }

    public ValueTask<ListGrantsResponse> ListAsync(RequestContext context, ListGrantsRequest request)
    {
        ListGrantsResponse response = new();
        bool everyone = request.All && request.User.Length == 0;
        if (everyone && !context.Caller.Has(context.Snapshot, ApplianceRole.Administrator))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Only an Administrator sees everybody's grants.");
        }

        string? ownerId = everyone ? null : FindOwner(context, context.Snapshot, request.User).Id;
        response.Next = Page.Fill(
            response.Grants,
            context.Snapshot.Grants.Values.Where(grant => (ownerId is null || string.Equals(grant.IdentityId, ownerId, StringComparison.Ordinal))
                && context.Caller.Reaches(context.Snapshot, grant)),
            grant => string.Create(CultureInfo.InvariantCulture, $"{grant.Created.ToUnixTimeMilliseconds():D15}/{grant.Id}"),
            request.After,
            grant => Show(context.Snapshot, grant));
        return new(response);
    }

    public async ValueTask<RevokeGrantResponse> RevokeAsync(RequestContext context, RevokeGrantRequest request)
    {
        RevokeGrantResponse response = new();
        await context.ChangeAsync(latest =>
        {
            Grant? grant = latest.Grants.GetValueOrDefault(request.Id);
            bool mine = grant is not null && string.Equals(grant.IdentityId, context.Caller.IdentityId, StringComparison.Ordinal)
                && context.Caller.Reaches(latest, grant);
            if (grant is null || !(mine || context.Caller.Has(latest, ApplianceRole.Administrator)))
            {
                throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "grant.unknown", "There is no such grant among yours; 'csctl grant list' shows them.");
            }

            StoreChange change = new StoreChange().Put(grant with { Revoked = true }).Record(context.Event() with { Detail = $"grant {grant.Id}" });
            (uint revoked, IEnumerable<string> remaining) = EndMade(change, context, latest, grant.AsMaker, request.WithMade);
            response = new RevokeGrantResponse { Revoked = revoked + 1 };
            response.Remaining.AddRange(remaining.Take(RemainingMax));
            return change;
        });
        return response;
    }

    /// <summary>Ends the grants made with a credential, if asked to, and tells which of them still work.</summary>
    internal static (uint Revoked, IEnumerable<string> Remaining) EndMade(
        StoreChange change, RequestContext context, Snapshot latest, string maker, bool end)
    {
        Grant[] live = [.. latest.GrantsMadeWith(maker).Where(grant => grant.IsLive(context.Now))];
        if (!end)
        {
            return (0, live.Select(grant => grant.Id));
        }

        foreach (Grant grant in live)
        {
            change.Put(grant with { Revoked = true }).Record(context.Event() with { Event = "grant.revoke", Detail = $"grant {grant.Id}" });
        }

        return ((uint)live.Length, []);
    }

    private static StoreChange MakeRoom(StoreChange change, Snapshot latest, Identity owner, bool byGrant, DateTimeOffset now)
    {
        Grant[] all = [.. latest.Grants.Values.Where(grant => string.Equals(grant.IdentityId, owner.Id, StringComparison.Ordinal))];
        Grant[] ended = [.. all.Where(grant => !grant.IsLive(now)).OrderByDescending(grant => grant.Created)];
        if (all.Length - ended.Length >= GrantsMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "grant.too_many", $"{owner.Name} has {GrantsMax} grants; revoke some first ('csctl grant list', 'csctl grant revoke').");
        }

        int byGrants = all.Count(grant => grant.IsLive(now) && grant.IsMadeWithGrant);
        if (byGrant && byGrants >= MadeWithGrantsMax)
        {
            // Whoever comes by password or certificate must always find room: a stolen grant locks nobody out.
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY,
                "grant.too_many",
                $"{owner.Name} has {MadeWithGrantsMax} grants made with grants; revoke some first, or come by password ('csctl grant list').");
        }

        // What a forgotten one made is said to be made by its own maker, so that the chain back to a stolen one holds.
        Dictionary<string, string> makers = ended.Skip(EndedMax).ToDictionary(old => old.AsMaker, old => old.MadeWith, StringComparer.Ordinal);
        foreach (Grant old in ended.Skip(EndedMax))
        {
            change.Remove(old);
        }

        foreach (Grant child in latest.Grants.Values.Where(grant => makers.ContainsKey(grant.MadeWith) && !makers.ContainsKey(grant.AsMaker)))
        {
            string maker = child.MadeWith;
            while (makers.TryGetValue(maker, out string? before))
            {
                maker = before;
            }

            change.Put(child with { MadeWith = maker });
        }

        return change;
    }

    private static Identity FindOwner(RequestContext context, Snapshot snapshot, string name)
    {
        if (name.Length == 0 || string.Equals(name, context.Caller.Name, StringComparison.Ordinal))
        {
            return snapshot.Identities.GetValueOrDefault(context.Caller.IdentityId)
                ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.missing", "Say which user the grant is for.");
        }

        if (!context.Caller.Has(snapshot, ApplianceRole.Administrator))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Only an Administrator handles somebody else's grants.");
        }

        return snapshot.FindIdentity(name) ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.unknown", $"There is no user {name}.");
    }

    // A grant for oneself made with a grant ends with that one at the latest: a stolen one can't prolong itself.
    private static DateTimeOffset Bounded(RequestContext context, Identity owner, DateTimeOffset expires) =>
        string.Equals(owner.Id, context.Caller.IdentityId, StringComparison.Ordinal)
        && context.Caller.Credential == CredentialKind.Grant
        && context.Snapshot.Grants.TryGetValue(context.Caller.CredentialId, out Grant? own)
        && own.Expires < expires
            ? own.Expires
            : expires;

    private static ImmutableArray<string> ReadProjects(RequestContext context, IReadOnlyList<string> names)
    {
        ImmutableArray<string> asked =
        [
            .. names.Distinct(StringComparer.Ordinal).Select(name => FindVisible(context, name)?.Id
                ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "project.unknown", $"There is no project {name}.")),
        ];
        // A grant made with a grant never reaches further than that one.
        if (context.Caller.Credential == CredentialKind.Grant && context.Snapshot.Grants.TryGetValue(context.Caller.CredentialId, out Grant? own)
            && !own.Projects.IsEmpty)
        {
            if (asked.IsEmpty)
            {
                return own.Projects;
            }

            if (asked.Any(id => !own.Projects.Contains(id, StringComparer.Ordinal)))
            {
                throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "grant.scope", "Your own grant does not reach that far.");
            }
        }

        return asked;
    }

    private static Project? FindVisible(RequestContext context, string name) =>
        context.Snapshot.FindProject(name) is { } project
        && (context.Caller.Has(context.Snapshot, ApplianceRole.Administrator) || Roles.IsMember(project, context.Caller.IdentityId))
            ? project
            : null;

    private static WireGrant Show(Snapshot snapshot, Grant grant)
    {
        WireGrant shown = new()
        {
            Id = grant.Id,
            User = snapshot.Identities.GetValueOrDefault(grant.IdentityId)?.Name ?? "",
            Scope = grant.Scope,
            CreatedUnixMs = grant.Created.ToUnixTimeMilliseconds(),
            ExpiresUnixMs = grant.Expires.ToUnixTimeMilliseconds(),
            Revoked = grant.Revoked,
            Description = grant.Description,
            MadeWith = grant.MadeWith.StartsWith("password:", StringComparison.Ordinal) ? "password" : grant.MadeWith,
        };
        shown.Projects.AddRange(grant.Projects.Select(id => snapshot.Projects.GetValueOrDefault(id)?.Name ?? id));
        return shown;
    }
}
