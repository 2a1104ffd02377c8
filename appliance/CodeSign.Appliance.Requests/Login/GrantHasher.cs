using System.Security.Cryptography;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// Makes grants and the hashes they are kept as. A grant is 256 random bits, so one HMAC under a key of the appliance is enough.
/// </summary>
internal sealed class GrantHasher : IDisposable
{
    private const int GrantBytes = 32;
    private static readonly byte[] Prefix = "csg_"u8.ToArray();

    private readonly SecretBytes _key;

    public GrantHasher(RootKey root) => _key = root.Derive("grant", 32);

    /// <summary>A new grant as text: <c>csg_</c> and 64 hex digits. The prefix lets secret scanners find one that leaked.</summary>
    public static SecretBytes Create()
    {
        using SecretBytes random = SecretBytes.Random(GrantBytes);
        SecretBytes text = new(Prefix.Length + (GrantBytes * 2));
        Prefix.CopyTo(text.Span);
        Span<byte> hex = text.Span[Prefix.Length..];
        for (int i = 0; i < GrantBytes; i++)
        {
            hex[2 * i] = HexDigit(random.Span[i] >> 4);
            hex[(2 * i) + 1] = HexDigit(random.Span[i] & 15);
        }

        return text;
    }

    /// <summary>Hex of the hash it is kept as.</summary>
    public string Hash(ReadOnlySpan<byte> grant) => Convert.ToHexStringLower(HMACSHA256.HashData(_key.Span, grant));

    public void Dispose() => _key.Dispose();

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);
}
