using System.Security.Cryptography;
using System.Text;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// The top of the key hierarchy: 256 random bits that exist only in memory, while the appliance is unsealed. Nothing is encrypted
/// or authenticated under it directly; every purpose has a key of its own, derived by HKDF-SHA-256 (RFC 5869).
/// </summary>
public sealed class RootKey : IDisposable
{
    /// <summary>Bytes of a root key.</summary>
    public const int Bytes = 32;

    private static readonly byte[] Salt = "CodeSign root key v1"u8.ToArray();

    private readonly SecretBytes _key;

    private RootKey(SecretBytes key) => _key = key;

    /// <summary>What a seal protects. Only seals look at it.</summary>
    internal ReadOnlySpan<byte> Span => _key.Span;

    /// <summary>A new root key from the operating system's random generator.</summary>
    public static RootKey Create() => new(SecretBytes.Random(Bytes));

    /// <summary>The key a seal gave back; it is copied.</summary>
    internal static RootKey Of(ReadOnlySpan<byte> key) =>
        key.Length == Bytes ? new(new SecretBytes(key)) : throw new ArgumentException("A root key has 32 bytes.", nameof(key));

    /// <summary>The key for one purpose; the same root key and purpose always give the same one.</summary>
    /// <param name="purpose">HKDF's info, a few words of ASCII: <c>grant</c>, <c>ticket</c>, <c>pin-memory</c>.</param>
    /// <param name="length">Bytes, 1 to 8160.</param>
    public SecretBytes Derive(string purpose, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        SecretBytes derived = new(length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.Span, derived.Span, Salt, Encoding.UTF8.GetBytes(purpose));
        return derived;
    }

    public void Dispose() => _key.Dispose();
}
