using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.P11.Tokens;

/// <summary>
/// Who is logged in to one token: one state for all sessions of the application (PKCS#11 v3.0 section 5.6). Holds the login
/// ticket, and the mark of the PIN it was given for, also while nobody is logged in, until C_Logout.
/// </summary>
internal sealed class LoginState
{
    /// <summary>How long the appliance's word on a ticket is good for a login with the same PIN.</summary>
    private const int ConfirmedMs = 2000;

    private readonly Lock _gate = new();
    private CKU? _user;
    private CKU _rememberedUser;
    private ClientSecret? _rememberedMark;
    private ClientSecret? _ticket;
    private long _confirmedTick;

    /// <summary>
    /// Held while a login is under way, answer included, so that of two threads one gives the PIN and the other hears that it is
    /// done. Nothing but logins takes it.
    /// </summary>
    public Lock LoginGate { get; } = new();

    /// <summary>Null: nobody.</summary>
    public CKU? User
    {
        get
        {
            lock (_gate)
            {
                return _user;
            }
        }
    }

    /// <summary>Logs in with a copy of the ticket and of the PIN's mark; both empty where the token wants none.</summary>
    public void Begin(CKU user, ReadOnlySpan<byte> ticket, ReadOnlySpan<byte> mark)
    {
        lock (_gate)
        {
            _ticket?.Dispose();
            _rememberedMark?.Dispose();
            _ticket = ticket.IsEmpty ? null : new ClientSecret(ticket);
            _rememberedUser = user;
            _rememberedMark = mark.IsEmpty ? null : new ClientSecret(mark);
            _user = user;
            _confirmedTick = Environment.TickCount64;
        }
    }

    /// <summary>Logs in again with the PIN that was accepted before; false where it is another, or forgotten.</summary>
    public bool TryResume(CKU user, ReadOnlySpan<byte> mark)
    {
        lock (_gate)
        {
            // Longer ago, the PIN may have been changed or locked by somebody else: the appliance is asked.
            bool isFresh = Environment.TickCount64 - _confirmedTick <= ConfirmedMs;
            if (!isFresh || _rememberedMark is null || _ticket is null || _rememberedUser != user || !PinMemory.Same(_rememberedMark.Span, mark))
            {
                return false;
            }

            _user = user;
            return true;
        }
    }

    /// <summary>The last session was closed: nobody is logged in, but the same PIN needs no round trip.</summary>
    public void Suspend()
    {
        lock (_gate)
        {
            _user = null;
        }
    }

    /// <summary>The appliance has just honoured this ticket.</summary>
    public void Confirm(ReadOnlySpan<byte> ticket)
    {
        lock (_gate)
        {
            if (IsTicket(ticket))
            {
                _confirmedTick = Environment.TickCount64;
            }
        }
    }

    /// <summary>
    /// As <see cref="Forget"/>, where this is still the ticket (or there is none still): a refusal that comes late must not end a newer
    /// login.
    /// </summary>
    public void ForgetIf(ReadOnlySpan<byte> ticket)
    {
        lock (_gate)
        {
            if (IsTicket(ticket))
            {
                Forget();
            }
        }
    }

    /// <summary>Nobody is logged in, and nothing is remembered.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _user = null;
            _rememberedMark?.Dispose();
            _rememberedMark = null;
            _ticket?.Dispose();
            _ticket = null;
        }
    }

    /// <summary>Copies the ticket of whoever is logged in; 0 where there is none. The caller zeroes its copy.</summary>
    /// <param name="destination">At least <see cref="ProtocolLimits.TicketBytesMax"/> bytes.</param>
    public int CopyTicket(Span<byte> destination)
    {
        lock (_gate)
        {
            if (_user is null || _ticket is null)
            {
                return 0;
            }

            _ticket.Span.CopyTo(destination);
            return _ticket.Length;
        }
    }

    private bool IsTicket(ReadOnlySpan<byte> ticket) =>
        _ticket is null ? ticket.IsEmpty : CryptographicOperations.FixedTimeEquals(_ticket.Span, ticket);
}
