using System.Collections.Immutable;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.People;

/// <summary>Users, services and their passwords.</summary>
internal sealed class UserOperations(PasswordHasher hasher, PasswordDoor door)
{
    /// <summary>Bytes of the shortest password that can be set.</summary>
    public const int PasswordLengthMin = 12;

    private const int AdministratorsNamedMax = 20;

    public async ValueTask<CreateUserResponse> CreateAsync(RequestContext context, CreateUserRequest request)
    {
        Names.RequireUser(request.Name);
        IdentityKind kind = request.Kind switch
        {
            "" or "user" => IdentityKind.User,
            "service" => IdentityKind.Service,
            _ => throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.kind", "A user's kind is 'user' or 'service'."),
        };
        PasswordHash? password = context.SecretCount == 0 ? null : await HashAsync(context, 0);
        Identity identity = new()
        {
            Id = Names.NewId(),
            Name = request.Name,
            Kind = kind,
            Roles = ReadRoles(request.Roles),
            Created = context.Now,
            Password = password,
        };
        await context.ChangeAsync(latest => latest.FindIdentity(identity.Name) is not null
            ? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.exists", $"There is a user {identity.Name} already.")
            : new StoreChange().Put(identity).Record(context.Event() with { Detail = $"user {identity.Name}" }));
        return new CreateUserResponse { User = Show(identity) };
    }

    public ValueTask<ListUsersResponse> ListAsync(RequestContext context, ListUsersRequest request)
    {
        ListUsersResponse response = new();
        response.Next = Page.Fill(response.Users, context.Snapshot.Identities.Values, identity => identity.Name, request.After, Show);
        return new(response);
    }

    public async ValueTask<SetUserResponse> SetAsync(RequestContext context, SetUserRequest request)
    {
        Identity after = await ChangeAsync(context, request.Name, identity => identity with
        {
            Enabled = request.HasEnabled ? request.Enabled : identity.Enabled,
            Roles = request.SetRoles ? ReadRoles(request.Roles) : identity.Roles,
        });
        return new SetUserResponse { User = Show(after) };
    }

    /// <summary>One's own password with the old one, or anyone's as Administrator.</summary>
    public async ValueTask<SetPasswordResponse> SetPasswordAsync(RequestContext context, SetPasswordRequest request)
    {
        bool own = request.Name.Length == 0 || string.Equals(request.Name, context.Caller.Name, StringComparison.Ordinal);
        RequireAdministratorUnless(own, context, context.Snapshot);
        PasswordHash? old = own ? await VerifyOldAsync(context) : null;
        PasswordHash hash = await HashAsync(context, 0);
        string name = own ? context.Caller.Name : request.Name;
        SetPasswordResponse response = new();
        await context.ChangeAsync(latest =>
        {
            RequireAdministratorUnless(own, context, latest);
            Identity before = latest.FindIdentity(name) ?? throw Unknown(name);
            if (own && before.Password != old)
            {
                // Somebody else, an Administrator perhaps, was quicker: what was proved is not the password any more.
                throw new FaultException(CKR.CKR_PIN_INCORRECT, "password.changed", "The password was changed by somebody else meanwhile.");
            }

            StoreChange change = new StoreChange().Put(before with { Password = hash }).Record(context.Event() with { Detail = $"user {name}" });
            string maker = Caller.PasswordAsMaker(before.Id);
            (uint revoked, IEnumerable<string> remaining) = GrantOperations.EndMade(change, context, latest, maker, request.EndGrants);
            response = new SetPasswordResponse { Revoked = revoked };
            response.Remaining.AddRange(remaining.Take(GrantOperations.RemainingMax));
            return change;
        });
        return response;
    }

    private static void RequireAdministratorUnless(bool own, RequestContext context, Snapshot snapshot)
    {
        if (!own && !context.Caller.Has(snapshot, ApplianceRole.Administrator))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "role.missing", "Only an Administrator sets somebody else's password.");
        }
    }

    private static FaultException Unknown(string name) => new(CKR.CKR_ARGUMENTS_BAD, "user.unknown", $"There is no user {name}.");

    /// <summary>The way back for an administrator who lost the way in; the local socket's alone.</summary>
    public async ValueTask<RecoverAdministratorResponse> RecoverAsync(RequestContext context, RecoverAdministratorRequest request)
    {
        Names.RequireUser(request.Name);
        Identity? Known(Snapshot snapshot) => request.Create ? snapshot.FindIdentity(request.Name) : RequireAdministrator(snapshot, request.Name);
        _ = Known(context.Snapshot);
        PasswordHash hash = await HashAsync(context, 0);
        RecoverAdministratorResponse response = new();
        await context.ChangeAsync(latest =>
        {
            Identity before = Known(latest) ?? new Identity { Id = Names.NewId(), Name = request.Name, Created = context.Now };
            Identity after = before with
            {
                Enabled = true,
                Password = hash,
                Roles = before.Roles.Contains(ApplianceRole.Administrator) ? before.Roles : before.Roles.Add(ApplianceRole.Administrator),
            };
            StoreChange change = new StoreChange().Put(after).Record(context.Event() with { Detail = $"user {request.Name}" });
            string maker = Caller.PasswordAsMaker(before.Id);
            (uint revoked, IEnumerable<string> remaining) = GrantOperations.EndMade(change, context, latest, maker, request.EndGrants);
            response = new RecoverAdministratorResponse { User = Show(after), Revoked = revoked };
            response.Remaining.AddRange(remaining.Take(GrantOperations.RemainingMax));
            return change;
        });
        return response;
    }

    private static Identity RequireAdministrator(Snapshot snapshot, string name)
    {
        Identity[] all = [.. snapshot.Identities.Values.Where(identity => identity.Roles.Contains(ApplianceRole.Administrator))];
        string[] names = [.. all.Select(identity => identity.Name).Order(StringComparer.Ordinal).Take(AdministratorsNamedMax)];
        string more = all.Length > names.Length ? $" and {all.Length - names.Length} more" : "";
        return Array.Find(all, identity => string.Equals(identity.Name, name, StringComparison.Ordinal)) ?? throw new FaultException(
            CKR.CKR_ARGUMENTS_BAD,
            "administrator.unknown",
            $"There is no administrator {name}; there is {string.Join(", ", names)}{more}. To make a new one, add --create.");
    }

    private static User Show(Identity identity)
    {
        User user = new()
        {
            Id = identity.Id,
            Name = identity.Name,
            Kind = identity.Kind == IdentityKind.Service ? "service" : "user",
            Enabled = identity.Enabled,
            HasPassword = identity.Password is not null,
            CreatedUnixMs = identity.Created.ToUnixTimeMilliseconds(),
        };
        user.Roles.AddRange(identity.Roles.Select(role => role.ToString()));
        return user;
    }

    private static ImmutableArray<ApplianceRole> ReadRoles(IEnumerable<string> roles) =>
    [
        .. roles.Select(name => Enum.TryParse(name, ignoreCase: true, out ApplianceRole role) && Enum.IsDefined(role)
            ? role
            : throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "user.role", $"There is no role '{name}' over the appliance; there are Administrator and Auditor."))
            .Distinct(),
    ];

    private static async ValueTask<Identity> ChangeAsync(RequestContext context, string name, Func<Identity, Identity> change)
    {
        Identity? after = null;
        await context.ChangeAsync(latest =>
        {
            Identity before = latest.FindIdentity(name) ?? throw Unknown(name);
            after = change(before);
            RequireAdministratorLeft(latest.With(after));
            return new StoreChange().Put(after).Record(context.Event() with { Detail = $"user {name}" });
        });
        return after ?? throw new InvalidOperationException("The change did not run.");
    }

    private static void RequireAdministratorLeft(Snapshot after)
    {
        if (!after.Identities.Values.Any(identity => identity.Enabled && identity.Roles.Contains(ApplianceRole.Administrator)))
        {
            throw new FaultException(
                CKR.CKR_FUNCTION_REJECTED, "user.last_administrator", "This is the last Administrator; make another one first.");
        }
    }

    private async ValueTask<PasswordHash> VerifyOldAsync(RequestContext context)
    {
        Identity identity = context.Snapshot.Identities.GetValueOrDefault(context.Caller.IdentityId)
            ?? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "user.missing", "Say whose password is to be set.");
        if (identity.Password is null)
        {
            // A grant alone must not become a password: whoever stole it would have the account.
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "password.none", "You have no password yet; an administrator sets the first one.");
        }

        using SecretBytes old = context.TakeSecret(1, "old password");
        if (!await door.VerifyAsync(identity.Name, context.Session.Remote, identity.Password, old, context.Cancel))
        {
            throw new FaultException(CKR.CKR_PIN_INCORRECT, "password.incorrect", "The old password is wrong.");
        }

        return identity.Password;
    }

    private async ValueTask<PasswordHash> HashAsync(RequestContext context, int secret)
    {
        using SecretBytes password = context.TakeSecret(secret, "password");
        return password.Length is < PasswordLengthMin or > PasswordHasher.PasswordBytesMax
            ? throw new FaultException(
                CKR.CKR_PIN_LEN_RANGE, "password.length", $"A password has {PasswordLengthMin} to {PasswordHasher.PasswordBytesMax} bytes.")
            : PasswordHashes.ToGovernance(await hasher.HashAsync(password, context.Cancel));
    }
}
