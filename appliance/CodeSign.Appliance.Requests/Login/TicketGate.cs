using System.Security.Cryptography;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Requests.Operations.Signing;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>Whether a request's ticket proves what its operation needs, on the state of governance it is decided on.</summary>
internal sealed class TicketGate(TicketSeal seal)
{
    /// <summary>A server that logs in once at its start does so within this time, or its grant ends first.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(366);

    /// <summary>As long as is remembered on which request one was spent.</summary>
    public static readonly TimeSpan OneUseLifetimeMax = RepeatLedger.Remembered;

    /// <summary>True where the project's token demands a login before private objects are seen or used.</summary>
    public static bool WantsLogin(Project project) => project.Pin == PinRule.Required;

    /// <summary>The ticket of a request, or null when there is none or it proves nothing any more.</summary>
    public LoginTicket? Find(RequestContext context, Snapshot snapshot)
    {
        ReadOnlySpan<byte> bytes = context.Frame.Ticket.Span;
        if (bytes.IsEmpty || context.NamedProject is not { } named)
        {
            return null;
        }

        VerifiedTicket? last = context.Session.LastTicket;
        if (last is null || !CryptographicOperations.FixedTimeEquals(last.Sealed.Span, bytes))
        {
            LoginTicket? opened = seal.Open(bytes);
            if (opened is null)
            {
                return null;
            }

            last = new VerifiedTicket(bytes.ToArray(), opened);
            context.Session.LastTicket = last;
        }

        TimeSpan lifetime = last.Ticket.IsForOneUse ? OneUseLifetimeMax : LifetimeMax;
        return context.Now - last.Ticket.Issued <= lifetime && Holds(last.Ticket, context, snapshot, named.Id) ? last.Ticket : null;
    }

    /// <summary>
    /// Refuses a request whose ticket proves nothing any more: whoever shows one believes to be logged in, and must hear that it isn't so.
    /// </summary>
    public void RequireNoneEnded(RequestContext context, Snapshot snapshot)
    {
        if (!context.Frame.Ticket.IsEmpty && Find(context, snapshot) is null)
        {
            throw NotLoggedIn();
        }
    }

    /// <summary>Refuses a request that needs the normal user's login and has none.</summary>
    public void RequireUser(RequestContext context, Snapshot snapshot)
    {
        if (!IsUser(context, snapshot))
        {
            throw NotLoggedIn();
        }
    }

    /// <summary>True when the normal user is logged in, or the token wants no login.</summary>
    public bool IsUser(RequestContext context, Snapshot snapshot) =>
        !WantsLogin(snapshot.Projects.GetValueOrDefault(context.Project.Id) ?? context.Project) || Find(context, snapshot)?.UserType == UserType.UserUser;

    /// <summary>Refuses the use of a key for which the login is missing: the user's, or for a key that always asks one for this use.</summary>
    public void RequireUse(RequestContext context, Snapshot snapshot, UsableKey? key)
    {
        if (!MayUse(context, snapshot, key))
        {
            throw key?.AsksAlways == true
                ? new FaultException(
                    CKR.CKR_USER_NOT_LOGGED_IN, "login.one_use", "This key wants its own login (CKU_CONTEXT_SPECIFIC, with the user's PIN) before each use.")
                : NotLoggedIn();
        }
    }

    /// <summary>True where the login is there that a use of this key wants.</summary>
    public bool MayUse(RequestContext context, Snapshot snapshot, UsableKey? key) => key?.AsksAlways == true
        ? Find(context, snapshot) is { IsForOneUse: true } once && string.Equals(once.KeyId, key.Id, StringComparison.Ordinal)
        : IsUser(context, snapshot);

    private static bool Holds(LoginTicket ticket, RequestContext context, Snapshot snapshot, string projectId)
    {
        Caller caller = context.Caller;
        if (!string.Equals(ticket.ProjectId, projectId, StringComparison.Ordinal)
            || !string.Equals(ticket.IdentityId, caller.IdentityId, StringComparison.Ordinal)
            || !string.Equals(ticket.CredentialHash, caller.CredentialHash, StringComparison.Ordinal)
            || !snapshot.Projects.TryGetValue(projectId, out Project? project)
            || ticket.Epoch != project.Epoch
            || snapshot.RevokedTickets.ContainsKey(ticket.TicketId))
        {
            return false;
        }

        ProjectRole role = ticket.UserType == UserType.UserSo ? ProjectRole.Owner : ProjectRole.KeyUser;
        if (!Roles.Has(project, caller.IdentityId, role))
        {
            return false;
        }

        Pin? pin = snapshot.Pins.GetValueOrDefault(PinGate.PinId(project.Id, caller.IdentityId, ticket.UserType));
        return PinGate.Asks(project, ticket.UserType)
            ? ticket.PinGeneration == (pin?.Generation ?? -1)
                && pin?.IsLockedFor(caller.IdentityId, context.Session.Network, project.PinTries) != true
            : ticket.PinGeneration == 0;
    }

    private static FaultException NotLoggedIn() => new(
        CKR.CKR_USER_NOT_LOGGED_IN,
        "login.missing",
        "This token wants a login with its PIN first; the login there was has ended (PIN changed, logged out, or rights withdrawn).");
}
