using System.Security.Cryptography;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>Seals and opens login tickets: AES-256-GCM under a key derived from the root key, nonce ‖ ciphertext ‖ tag.</summary>
internal sealed class TicketSeal : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Bytes of a sealed ticket.</summary>
    public const int Bytes = NonceBytes + LoginTicket.Bytes + TagBytes;

    private readonly SecretBytes _key;

    public TicketSeal(RootKey root) => _key = root.Derive("login-ticket", 32);

    public SecretBytes Seal(LoginTicket ticket)
    {
        Span<byte> plain = stackalloc byte[LoginTicket.Bytes];
        ticket.Write(plain);
        SecretBytes sealedTicket = new(Bytes);
        Span<byte> target = sealedTicket.Span;
        RandomNumberGenerator.Fill(target[..NonceBytes]);
        using AesGcm aes = new(_key.Span, TagBytes);
        aes.Encrypt(
            target[..NonceBytes], plain, target.Slice(NonceBytes, LoginTicket.Bytes), target[(NonceBytes + LoginTicket.Bytes)..]);
        return sealedTicket;
    }

    /// <summary>Null when the bytes are no ticket of ours.</summary>
    public LoginTicket? Open(ReadOnlySpan<byte> sealedTicket)
    {
        if (sealedTicket.Length != Bytes)
        {
            return null;
        }

        Span<byte> plain = stackalloc byte[LoginTicket.Bytes];
        using AesGcm aes = new(_key.Span, TagBytes);
        try
        {
            aes.Decrypt(
                sealedTicket[..NonceBytes],
                sealedTicket.Slice(NonceBytes, LoginTicket.Bytes),
                sealedTicket[(NonceBytes + LoginTicket.Bytes)..],
                plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return LoginTicket.Read(plain);
    }

    public void Dispose() => _key.Dispose();
}
