using System.Security.Cryptography;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>Seals and opens login tickets: AES-256-GCM under a key derived from the root key, nonce ‖ ciphertext ‖ tag.</summary>
internal sealed class TicketSeal : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly SecretBytes _key;

    public TicketSeal(RootKey root) => _key = root.Derive("login-ticket", 32);

    public SecretBytes Seal(LoginTicket ticket)
    {
        Span<byte> plain = stackalloc byte[ticket.Length];
        ticket.Write(plain);
        SecretBytes sealedTicket = new(NonceBytes + plain.Length + TagBytes);
        Span<byte> target = sealedTicket.Span;
        RandomNumberGenerator.Fill(target[..NonceBytes]);
        using AesGcm aes = new(_key.Span, TagBytes);
        aes.Encrypt(
            target[..NonceBytes], plain, target.Slice(NonceBytes, plain.Length), target[(NonceBytes + plain.Length)..]);
        return sealedTicket;
    }

    /// <summary>Null when the bytes are no ticket of ours.</summary>
    public LoginTicket? Open(ReadOnlySpan<byte> sealedTicket)
    {
        int length = sealedTicket.Length - NonceBytes - TagBytes;
        if (length is <= 0 or > LoginTicket.BytesMax)
        {
            return null;
        }

        Span<byte> plain = stackalloc byte[length];
        using AesGcm aes = new(_key.Span, TagBytes);
        try
        {
            aes.Decrypt(
                sealedTicket[..NonceBytes],
                sealedTicket.Slice(NonceBytes, length),
                sealedTicket[(NonceBytes + length)..],
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
