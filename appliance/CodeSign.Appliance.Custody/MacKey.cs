using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>HMAC-SHA-256 under a key derived from the root key for one purpose. Safe for many threads.</summary>
public sealed class MacKey(RootKey root, string purpose) : IDisposable
{
    /// <summary>Bytes of a MAC.</summary>
    public const int MacBytes = 32;

    private readonly SecretBytes _key = root.Derive(purpose, MacBytes);

    public byte[] Compute(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_key.Span, message);

    public void Compute(ReadOnlySpan<byte> message, Span<byte> mac) => HMACSHA256.HashData(_key.Span, message, mac);

    /// <summary>Whether this is the MAC of the message, in constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> message, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[MacBytes];
        HMACSHA256.HashData(_key.Span, message, expected);
        return CryptographicOperations.FixedTimeEquals(expected, mac);
    }

    public void Dispose() => _key.Dispose();
}
