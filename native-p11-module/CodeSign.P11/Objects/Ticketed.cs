using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.P11.Tokens;
using CodeSign.Wire;

namespace CodeSign.P11.Objects;

/// <summary>Requests that show who is logged in.</summary>
internal static class Ticketed
{
    public delegate T Request<out T>(ReadOnlySpan<byte> ticket);

    /// <summary>Asks about an object; one that is no more is forgotten.</summary>
    public static T AskAbout<T>(Module module, TokenObject found, Request<T> request)
    {
        try
        {
            return Ask(module, found.Token, request);
        }
        catch (ApplianceException gone) when (gone.Status == CKR.CKR_OBJECT_HANDLE_INVALID)
        {
            module.Objects.Remove(found);
            throw;
        }
    }

    /// <summary>
    /// As <see cref="AskAbout"/>, to read: where the login turns out to have ended, what everybody sees is asked for without, and a private
    /// object is seen no more.
    /// </summary>
    public static T AskToRead<T>(Module module, TokenObject found, Request<T> request)
    {
        try
        {
            return AskAbout(module, found, request);
        }
        catch (ApplianceException ended) when (ended.Status == CKR.CKR_USER_NOT_LOGGED_IN)
        {
            return found.IsPrivate
                ? throw new FaultException(CKR.CKR_OBJECT_HANDLE_INVALID, "login.ended", "Nobody is logged in any more, and the object is private.")
                : AskAbout(module, found, request);
        }
    }

    /// <summary>Asks with the token's login ticket, if there is one; a ticket that has ended is forgotten.</summary>
    public static T Ask<T>(Module module, Token token, Request<T> request)
    {
        Span<byte> ticket = stackalloc byte[ProtocolLimits.TicketBytesMax];
        int ticketBytes = token.Login.CopyTicket(ticket);
        try
        {
            T answer = request(ticket[..ticketBytes]);
            token.Login.Confirm(ticket[..ticketBytes]);
            return answer;
        }
        catch (ApplianceException refused) when (ticketBytes > 0 && refused.Status == CKR.CKR_USER_NOT_LOGGED_IN)
        {
            token.Login.ForgetIf(ticket[..ticketBytes]);
            module.Tokens.Expire();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ticket);
        }
    }
}
