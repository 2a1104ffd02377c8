using System.Security.Cryptography;
using System.Text;
using CodeSign.Client;
using CodeSign.P11.Native;
using Org.BouncyCastle.Crypto.Digests;

namespace CodeSign.P11.Tokens;

/// <summary>
/// Recognises a PIN that was accepted before, without keeping it: keyed BLAKE2b (RFC 7693 section 2.9) under a key of this process.
/// Tools log in up to thirteen times in one process; only the first time is a round trip.
/// </summary>
internal sealed class PinMemory : IDisposable
{
    private const int KeyBytes = 32;

    /// <summary>Bytes of a mark.</summary>
    public const int MarkBytes = 32;

    private readonly ClientSecret _key = new(KeyBytes);

    public PinMemory() => LibC.FillRandom(_key.Span);

    /// <summary>The mark of a PIN for a token; two are compared with <see cref="Same"/>. The caller zeroes it.</summary>
    /// <param name="projectId">The token.</param>
    /// <param name="pin">The PIN.</param>
    /// <param name="mark"><see cref="MarkBytes"/> bytes.</param>
    public void Mark(string projectId, ReadOnlySpan<byte> pin, Span<byte> mark)
    {
        // This one forgets its key when told to; BouncyCastle's HMac doesn't.
        byte[] key = GC.AllocateArray<byte>(KeyBytes, pinned: true);
        try
        {
            ObjectDisposedException.ThrowIf(!_key.TryCopyTo(key), this);
            Blake2bDigest digest = new(key, MarkBytes, null, null);
            digest.BlockUpdate(Encoding.ASCII.GetBytes(projectId));
            digest.BlockUpdate(pin);
            digest.DoFinal(mark);
            digest.ClearKey();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public static bool Same(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(mark, other);

    public void Dispose() => _key.Dispose();
}
