using System.Security.Cryptography;
using CodeSign.Client;
using CodeSign.P11.Native;
using Org.BouncyCastle.Crypto.Digests;

namespace CodeSign.P11.Tokens;

/// <summary>
/// Recognises a PIN that was accepted before, without keeping it: HMAC-SHA-256 under a key of this process. Tools log in up to
/// thirteen times in one process; only the first time is a round trip.
/// </summary>
internal sealed class PinMemory : IDisposable
{
    private const int KeyBytes = 32;
    private const int BlockBytes = 64;
    private const byte InnerPad = 0x36;   // RFC 2104 section 2
    private const byte OuterPad = 0x5c;

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
        // By hand: BouncyCastle's HMac keeps the key in arrays of its own. Its digest is clean after DoFinal.
        Sha256Digest digest = new();
        Span<byte> block = stackalloc byte[BlockBytes];
        try
        {
            block.Clear();
            ObjectDisposedException.ThrowIf(!_key.TryCopyTo(block), this);
            Turn(block, InnerPad);
            digest.BlockUpdate(block);
            foreach (char character in projectId)
            {
                digest.Update((byte)character);
            }

            digest.BlockUpdate(pin);
            digest.DoFinal(mark);
            Turn(block, InnerPad ^ OuterPad);
            digest.BlockUpdate(block);
            digest.BlockUpdate(mark);
            digest.DoFinal(mark);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block);
        }
    }

    public static bool Same(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(mark, other);

    public void Dispose() => _key.Dispose();

    private static void Turn(Span<byte> block, byte pad)
    {
        for (int i = 0; i < block.Length; i++)
        {
            block[i] ^= pad;
        }
    }
}
