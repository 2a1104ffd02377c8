using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// The layout that seals share: "CSSEAL" ‖ version ‖ kind ‖ the seal's own parameters ‖ nonce (12) ‖ root key by AES-256-GCM (32) ‖
/// tag (16). Everything before the ciphertext is its associated data.
/// </summary>
internal static class ProtectedKey
{
    public const int PrefixBytes = 8;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    private const byte Version = 1;

    private static ReadOnlySpan<byte> Magic => "CSSEAL"u8;

    /// <summary>Bytes of all that follows the seal's own parameters.</summary>
    public static int TailBytes => NonceBytes + RootKey.Bytes + TagBytes;

    public static byte KindOf(ReadOnlySpan<byte> protectedKey)
    {
        if (protectedKey.Length < PrefixBytes || !protectedKey.StartsWith(Magic) || protectedKey[Magic.Length] != Version)
        {
            throw Damaged();
        }

        return protectedKey[Magic.Length + 1];
    }

    /// <summary>An array for everything, with the prefix written.</summary>
    public static byte[] Begin(byte kind, int parameterBytes)
    {
        byte[] whole = new byte[PrefixBytes + parameterBytes + TailBytes];
        Magic.CopyTo(whole);
        whole[Magic.Length] = Version;
        whole[Magic.Length + 1] = kind;
        return whole;
    }

    /// <summary>Encrypts the root key into the tail of <paramref name="whole"/>.</summary>
    public static void Encrypt(byte[] whole, SecretBytes sealingKey, RootKey key)
    {
        Span<byte> tail = whole.AsSpan(^TailBytes..);
        RandomNumberGenerator.Fill(tail[..NonceBytes]);
        using AesGcm aes = new(sealingKey.Span, TagBytes);
        aes.Encrypt(
            tail[..NonceBytes], key.Span, tail.Slice(NonceBytes, RootKey.Bytes), tail[^TagBytes..], whole.AsSpan(..^TailBytes));
    }

    /// <summary>The root key, or null when the sealing key is not the right one or something was changed.</summary>
    public static RootKey? Decrypt(ReadOnlySpan<byte> whole, SecretBytes sealingKey)
    {
        ReadOnlySpan<byte> tail = whole[^TailBytes..];
        using SecretBytes plain = new(RootKey.Bytes);
        using AesGcm aes = new(sealingKey.Span, TagBytes);
        try
        {
            aes.Decrypt(tail[..NonceBytes], tail.Slice(NonceBytes, RootKey.Bytes), tail[^TagBytes..], plain.Span, whole[..^TailBytes]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return RootKey.Of(plain.Span);
    }

    public static SealException Damaged() =>
        new("The sealed root key in the database is damaged; restore the database from a backup.");
}
