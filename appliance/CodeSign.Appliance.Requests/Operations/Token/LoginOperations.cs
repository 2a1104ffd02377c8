using System.Collections.Concurrent;
using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Login;
using CodeSign.Appliance.Requests.Operations.Objects;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>C_Login, C_Logout, C_SetPIN.</summary>
internal sealed class LoginOperations(PinGate pins, TicketSeal tickets, TicketGate gate, TokenDescriptions descriptions)
{
    /// <summary>Logouts remembered: as long as their tickets would hold otherwise.</summary>
    public const int RevokedMax = 200_000;

    /// <summary>Those of one user: nobody fills the appliance's memory for others.</summary>
    public const int RevokedEachMax = 20_000;

    private const int ForgottenAtOnce = 1000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, int> _logouts = new(StringComparer.Ordinal);
    private long _lookForEndedAt;

    public ValueTask<ListTokensResponse> ListTokensAsync(RequestContext context, ListTokensRequest request)
    {
        ListTokensResponse response = new();
        response.Next = descriptions.Fill(response.Tokens, context.Snapshot, context.Caller, context.Session.Network, request.After);
        return new(response);
    }

    public async ValueTask<LoginResponse> LoginAsync(RequestContext context, LoginRequest request)
    {
        string keyId = request.UserType == UserType.UserContextSpecific ? KeyOf(context, request) : "";
        RequireRole(context, keyId.Length > 0 ? UserType.UserUser : request.UserType);
        using SecretBytes pin = context.TakeSecret(0, "PIN");
        long generation = await VerifyAsync(context, request.UserType, pin);
        context.ReplySecret = Issue(context, request.UserType, generation, keyId);
        await context.RecordAsync(context.Event() with
        {
            Key = keyId.Length > 0 ? keyId : null,
            Detail = request.UserType switch { UserType.UserSo => "SO", UserType.UserContextSpecific => "one use", _ => "user" },
        });
        pins.Remember(context, request.UserType, pin, generation);
        return new LoginResponse();
    }

    public async ValueTask<LogoutResponse> LogoutAsync(RequestContext context, LogoutRequest request)
    {
        _ = request;
        LoginTicket ticket = gate.Find(context, context.Snapshot)
            ?? throw new FaultException(CKR.CKR_USER_NOT_LOGGED_IN, "login.missing", "Nobody is logged in to this token.");
        RevokedTicket[] ended = FindEnded(context);
        await context.ChangeAsync(latest =>
        {
            if (latest.RevokedTickets.Count - ended.Length >= RevokedMax
                || _logouts.GetValueOrDefault(context.Caller.IdentityId) >= RevokedEachMax)
            {
                // The client has forgotten its ticket, which nobody else has; other logins are untouched.
                throw new FaultException(CKR.CKR_DEVICE_MEMORY, "logout.too_many", "The appliance remembers as many logouts as it can; this one is forgotten.");
            }

            StoreChange change = new StoreChange()
                .Put(new RevokedTicket
                {
                    Id = ticket.TicketId,
                    ProjectId = ticket.ProjectId,
                    Epoch = ticket.Epoch,
                    GrantId = context.Caller.Credential == CredentialKind.Grant ? context.Caller.CredentialId : "",
                    Issued = ticket.Issued,
                    IdentityId = context.Caller.IdentityId,
                })
                .Record(context.Event());
            foreach (RevokedTicket row in ended.Where(row => latest.RevokedTickets.ContainsKey(row.Id)))
            {
                change.Remove(row);
            }

            return change;
        });
        _logouts.AddOrUpdate(context.Caller.IdentityId, 1, (_, count) => count + 1);
        return new LogoutResponse();
    }

    // Looked for on this request's own thread, and seldom: the writer has signatures to write.
    private RevokedTicket[] FindEnded(RequestContext context)
    {
        long due = Interlocked.Read(ref _lookForEndedAt);
        long now = context.Now.UtcTicks;
        if (now < due || Interlocked.CompareExchange(ref _lookForEndedAt, now + LookEvery.Ticks, due) != due)
        {
            return [];
        }

        _logouts.Clear();
        foreach (IGrouping<string, RevokedTicket> each in context.Snapshot.RevokedTickets.Values.GroupBy(row => row.IdentityId, StringComparer.Ordinal))
        {
            _logouts[each.Key] = each.Count();
        }

        RevokedTicket[] some = [.. context.Snapshot.RevokedTickets.Values.Where(row => HasEnded(context.Snapshot, row, context.Now)).Take(ForgottenAtOnce)];
        if (some.Length == ForgottenAtOnce)
        {
            Interlocked.Exchange(ref _lookForEndedAt, 0);  // there are more
        }

        return some;
    }

    public async ValueTask<SetPinResponse> SetPinAsync(RequestContext context, SetPinRequest request)
    {
        RequireRole(context, request.UserType);
        using SecretBytes old = context.TakeSecret(0, "old PIN");
        using SecretBytes fresh = context.TakeSecret(1, "new PIN");
        if (!PinGate.Asks(context.Project, request.UserType))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "pin.none", "This token has no user PIN: the grant or certificate is the credential.");
        }

        PinGate.RequireAcceptable(context.Project, fresh);
        long generation = await pins.VerifyAsync(context, request.UserType, old);
        bool loggedIn = gate.Find(context, context.Snapshot)?.UserType == request.UserType;
        PasswordHash hash = await pins.HashAsync(context, fresh);
        string pinId = PinGate.PinId(context.Project.Id, context.Caller.IdentityId, request.UserType);
        await context.ChangeAsync(latest =>
        {
            Pin current = latest.Pins[pinId];
            return current.Generation != generation
                ? throw new FaultException(CKR.CKR_PIN_INCORRECT, "pin.changed", "The PIN was changed meanwhile; try again.")
                : new StoreChange()
                    .Put(current.Renew(hash))
                    .Record(context.Event());
        });
        if (loggedIn)
        {
            // C_SetPIN keeps the session logged in (PKCS#11 v3.0 section 5.5.8): the old ticket is void, here is the new one.
            context.ReplySecret = Issue(context, request.UserType, generation + 1);
        }

        return new SetPinResponse();
    }

    private static bool HasEnded(Snapshot latest, RevokedTicket row, DateTimeOffset now) =>
        !latest.Projects.TryGetValue(row.ProjectId, out Project? project)
        || project.Epoch != row.Epoch
        || now - row.Issued > TicketGate.LifetimeMax
        || (row.GrantId.Length > 0
            && latest.Grants.GetValueOrDefault(row.GrantId)?.IsLive(now) != true);

    private static void RequireRole(RequestContext context, UserType userType)
    {
        ProjectRole role = userType switch
        {
            UserType.UserSo => ProjectRole.Owner,
            UserType.UserUser => ProjectRole.KeyUser,
            UserType.UserContextSpecific => throw new FaultException(
                CKR.CKR_OPERATION_NOT_INITIALIZED, "login.context", "No key of this token asks for a login of its own."),
            _ => throw new FaultException(CKR.CKR_USER_TYPE_INVALID, "login.user_type", "There is no such type of user."),
        };
        if (!Roles.Has(context.Project, context.Caller.IdentityId, role))
        {
            throw new FaultException(CKR.CKR_FUNCTION_REJECTED, "role.missing", $"This needs you to be {role} of project {context.Project.Name}.");
        }
    }

    // Session objects are known to those alone who name their application: whether the key asks is seen when it is used.
    private static string KeyOf(RequestContext context, LoginRequest request) =>
        ObjectIds.KeyIdOf(request.KeyId.Span) is { } keyId && context.Snapshot.FindKey(keyId) is not { AsksAlways: false }
            ? keyId
            : throw new FaultException(CKR.CKR_OPERATION_NOT_INITIALIZED, "login.context", "No key is named that asks for a login of its own.");

    private async ValueTask<long> VerifyAsync(RequestContext context, UserType userType, SecretBytes pin)
    {
        if (PinGate.Asks(context.Project, userType))
        {
            return await pins.VerifyAsync(context, userType, pin);
        }

        if (context.Project.Pin == PinRule.None)
        {
            throw new FaultException(
                CKR.CKR_USER_PIN_NOT_INITIALIZED,
                "pin.none",
                $"Project {context.Project.Name} wants no PIN; for a tool that insists on sending one, its owner sets 'csctl project set --pin any'.");
        }

        return pin.Length > 0 ? 0 : throw new FaultException(CKR.CKR_PIN_INCORRECT, "pin.incorrect", "The PIN is empty.");
    }

    private SecretBytes Issue(RequestContext context, UserType userType, long generation, string keyId = "") => tickets.Seal(new LoginTicket(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        context.Project.Id,
        context.Caller.IdentityId,
        userType,
        context.Project.Epoch,
        PinGate.Asks(context.Project, userType) ? generation : 0,
        context.Caller.CredentialHash,
        DateTimeOffset.FromUnixTimeSeconds(context.Now.ToUnixTimeSeconds()),
        keyId));
}
