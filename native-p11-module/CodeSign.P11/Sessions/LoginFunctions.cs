using System.Security.Cryptography;
using System.Text;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Tokens;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Sessions;

/// <summary>C_Login, C_Logout, C_SetPIN (PKCS#11 v3.0 sections 5.5 and 5.6). A PIN is read where the host has it, and kept nowhere.</summary>
internal static unsafe class LoginFunctions
{
    public static CKR Login(Module module, ulong sessionHandle, CKU user, byte* pin, ulong pinBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (user is not (CKU.CKU_SO or CKU.CKU_USER or CKU.CKU_CONTEXT_SPECIFIC))
        {
            return CKR.CKR_USER_TYPE_INVALID;
        }

        if (!Buffers.TryRead(pin, pinBytes, out ReadOnlySpan<byte> given))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (user == CKU.CKU_CONTEXT_SPECIFIC)
        {
            return LoginForOneUse(module, session, given);
        }

        CKR rv = LoginToToken(module, session.Token, user, given);
        return rv == CKR.CKR_OK && !session.Token.KeepLogin() ? CKR.CKR_SESSION_CLOSED : rv;
    }

    /// <summary>
    /// C_LoginUser (v3.0): names the user, too. Here the credential tells who is calling: its own name changes nothing, and nobody logs in
    /// as somebody else, however the PIN reads.
    /// </summary>
    public static CKR LoginNamed(Module module, ulong sessionHandle, CKU user, byte* pin, ulong pinBytes, byte* name, ulong nameBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (!Buffers.TryRead(name, nameBytes, out ReadOnlySpan<byte> named))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (named.IsEmpty || user is not (CKU.CKU_SO or CKU.CKU_USER)
            || named.SequenceEqual(Encoding.UTF8.GetBytes(module.Client.Hello().Caller?.Name ?? "")))
        {
            return Login(module, sessionHandle, user, pin, pinBytes);
        }

        return session.Token.Login.User is not null
            ? CKR.CKR_USER_ANOTHER_ALREADY_LOGGED_IN
            : Boundary.Refuse(CKR.CKR_PIN_INCORRECT, "The grant or certificate is another user's than the name; the PIN wasn't sent, so it doesn't count.");
    }

    public static CKR Logout(Module module, ulong sessionHandle)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        LoginState login = session.Token.Login;
        lock (login.LoginGate)
        {
            if (login.User is null)
            {
                return CKR.CKR_USER_NOT_LOGGED_IN;
            }

            // Private session objects end with the login (PKCS#11 v3.2 section 5.6.9), and only a login may end them.
            ObjectChanges.EndLogin(module, session.Token);
            Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
            int ticketBytes = login.CopyTicket(ticket);
            login.Forget();

            // Once more: what another thread made meanwhile. Later ones see that nobody is logged in.
            ObjectChanges.EndLogin(module, session.Token);
            module.Objects.RemovePrivate(session.Token);
            try
            {
                if (ticketBytes > 0)
                {
                    module.Client.Logout(session.Token.ProjectId, ticket[..ticketBytes]);
                }
            }
            catch (ApplianceException exception)
            {
                // Forgotten here in any case; the ticket alone, which nobody has any more, is worth nothing.
                module.Trace.Write($"The appliance wasn't told of the logout: {exception.Message}");
            }
            finally
            {
                CryptographicOperations.ZeroMemory(ticket);
            }

            return CKR.CKR_OK;
        }
    }

    public static CKR SetPin(Module module, ulong sessionHandle, byte* oldPin, ulong oldBytes, byte* newPin, ulong newBytes)
    {
        if (module.Sessions.Find(sessionHandle) is not { } session)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (!session.IsReadWrite)
        {
            return CKR.CKR_SESSION_READ_ONLY;
        }

        if (!Buffers.TryRead(oldPin, oldBytes, out ReadOnlySpan<byte> given) || !Buffers.TryRead(newPin, newBytes, out ReadOnlySpan<byte> wanted))
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (given.IsEmpty || given.Length > ProtocolLimits.PinBytesMax)
        {
            return CKR.CKR_PIN_INCORRECT;
        }

        if (wanted.IsEmpty || wanted.Length > ProtocolLimits.PinBytesMax)
        {
            return Boundary.Refuse(CKR.CKR_PIN_LEN_RANGE, $"A PIN has 1 to {ProtocolLimits.PinBytesMax} bytes.");
        }

        Token token = session.Token;
        lock (token.Login.LoginGate)
        {
            CKU? loggedIn = token.Login.User;
            UserType type = loggedIn == CKU.CKU_SO ? UserType.UserSo : UserType.UserUser;
            Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
            try
            {
                // The new PIN ends every older ticket; whoever was logged in stays so, with the one that comes back.
                int ticketBytes = token.Login.CopyTicket(ticket);
                using ClientSecret? next = module.Client.SetPin(token.ProjectId, type, given, wanted, ticket[..ticketBytes]);
                token.Login.Forget();
                if (loggedIn is { } user && next is not null)
                {
                    Remember(module, token, user, next.Span, wanted);
                    token.KeepLogin();
                }

                return CKR.CKR_OK;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(ticket);
                module.Tokens.Expire();
            }
        }
    }

    private static CKR LoginToToken(Module module, Token token, CKU user, ReadOnlySpan<byte> pin)
    {
        LoginState login = token.Login;
        lock (login.LoginGate)
        {
            if (login.User is { } already)
            {
                return already == user ? CKR.CKR_USER_ALREADY_LOGGED_IN : CKR.CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
            }

            if (user == CKU.CKU_SO && token.Sessions > token.ReadWriteSessions)
            {
                return CKR.CKR_SESSION_READ_ONLY_EXISTS;
            }

            if (user == CKU.CKU_USER && WantsNoPin(token))
            {
                module.Tokens.Refresh();
            }

            if (user == CKU.CKU_USER && WantsNoPin(token))
            {
                // The grant or certificate is the credential; some tools insist on sending a PIN all the same.
                login.Begin(user, [], []);
                return CKR.CKR_OK;
            }

            if (pin.IsEmpty || pin.Length > ProtocolLimits.PinBytesMax)
            {
                return Boundary.Refuse(CKR.CKR_PIN_INCORRECT, $"A PIN of {pin.Length} bytes is none; it wasn't sent, so it doesn't count.");
            }

            return TryResume(module, token, user, pin) ? CKR.CKR_OK : Ask(module, token, user, pin);
        }
    }

    private static bool TryResume(Module module, Token token, CKU user, ReadOnlySpan<byte> pin)
    {
        Span<byte> mark = stackalloc byte[PinMemory.MarkBytes];
        try
        {
            module.PinMemory.Mark(token.ProjectId, pin, mark);
            return token.Login.TryResume(user, mark);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(mark);
        }
    }

    private static void Remember(Module module, Token token, CKU user, ReadOnlySpan<byte> ticket, ReadOnlySpan<byte> pin)
    {
        Span<byte> mark = stackalloc byte[PinMemory.MarkBytes];
        try
        {
            module.PinMemory.Mark(token.ProjectId, pin, mark);
            token.Login.Begin(user, ticket, mark);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(mark);
        }
    }

    private static bool WantsNoPin(Token token) => token.Description is { AnyPin: true, LoginRequired: false };

    // Under the login gate.
    private static CKR Ask(Module module, Token token, CKU user, ReadOnlySpan<byte> pin)
    {
        byte[] ticket = [];
        try
        {
            ticket = module.Client.Login(token.ProjectId, user == CKU.CKU_SO ? UserType.UserSo : UserType.UserUser, pin);
            Remember(module, token, user, ticket, pin);
            if (token.Description is { UserPinCountLow: true } or { SoPinCountLow: true })
            {
                // The right PIN has just made that untrue.
                module.Tokens.Expire();
            }

            return CKR.CKR_OK;
        }
        catch (ApplianceException)
        {
            // The next right PIN goes to the appliance, for there it ends the row of wrong ones.
            token.Login.Forget();
            module.Tokens.Expire();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }
    }

    private static CKR LoginForOneUse(Module module, Session session, ReadOnlySpan<byte> pin)
    {
        lock (session.Gate)
        {
            if (session.ActiveSign(module.Objects) is not { } operation || !operation.Key.Flag(CKA.CKA_ALWAYS_AUTHENTICATE))
            {
                return CKR.CKR_OPERATION_NOT_INITIALIZED;
            }

            if (pin.IsEmpty || pin.Length > ProtocolLimits.PinBytesMax)
            {
                return CKR.CKR_PIN_INCORRECT;
            }

            operation.ContextTicket?.Dispose();
            operation.ContextTicket = AskForOneUse(module, session.Token, operation.Key, pin);
            return CKR.CKR_OK;
        }
    }

    private static ClientSecret AskForOneUse(Module module, Token token, TokenObject key, ReadOnlySpan<byte> pin)
    {
        byte[] ticket = [];
        try
        {
            ticket = module.Client.Login(token.ProjectId, UserType.UserContextSpecific, pin, key.Id.Span);
            return new ClientSecret(ticket);
        }
        catch (ApplianceException refused)
        {
            module.Tokens.Expire();
            if (refused.Status == CKR.CKR_PIN_LOCKED)
            {
                // The last try logs the user out (PKCS#11 v3.2 section 4.9, CKA_ALWAYS_AUTHENTICATE).
                ObjectChanges.EndLogin(module, token);
                token.Login.Forget();
                module.Objects.RemovePrivate(token);
            }

            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }
    }
}
