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
