using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.P11.Native;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace CodeSign.P11.Tokens;

/// <summary>
/// Recognises a PIN that was accepted before, without keeping it: HMAC-SHA-256 under a key of this process. Tools log in up to
/// thirteen times in one process; only the first time is a round trip.
/// </summary>
internal sealed class PinMemory : IDisposable
{
    private const int KeyBytes = 32;

    /// <summary>Bytes of a mark.</summary>
    public const int MarkBytes = 32;

    private readonly ClientSecret _key = new(KeyBytes);

    public PinMemory() => LibC.FillRandom(_key.Span);

    /// <summary>The mark of a PIN for a token; two are compared with <see cref="Same"/>.</summary>
    public byte[] Mark(string projectId, ReadOnlySpan<byte> pin)
    {
        HMac mac = new(new Sha256Digest());
        byte[] mark = new byte[MarkBytes];
        mac.Init(new KeyParameter(_key.Span));
        foreach (char character in projectId)
        {
            mac.Update((byte)character);
        }

        mac.BlockUpdate(pin);
        mac.DoFinal(mark);
        return mark;
    }

    public static bool Same(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(mark, other);

    public void Dispose() => _key.Dispose();
}
