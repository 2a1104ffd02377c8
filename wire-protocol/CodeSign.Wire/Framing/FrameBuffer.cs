using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CodeSign.Wire.Framing;

/// <summary>
/// The bytes of one frame in pinned memory, which no collection copies, zeroed when it goes back to the pool: frames carry PINs,
/// tickets and keys. What was sliced out of it (a body, a ticket) is another frame's after <see cref="Dispose"/>.
/// </summary>
public sealed class FrameBuffer : IDisposable
{
    /// <summary>Arrays of this size are kept; nearly every frame fits. Longer ones are zeroed and left to the collector.</summary>
    internal const int SmallBytes = 4096;

    private const int PooledMax = 256;
    private static readonly ConcurrentQueue<byte[]> SmallPool = new();
    private static int _pooled;

    private byte[]? _array;

    private FrameBuffer(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    /// <summary>Bytes of the frame, without its length prefix.</summary>
    public int Length { get; }

    /// <summary>The frame without its length prefix.</summary>
    public Memory<byte> Memory => Array.AsMemory(ProtocolLimits.LengthPrefixBytes, Length);

    /// <summary>The length prefix and the frame: what goes over the wire.</summary>
    public ReadOnlyMemory<byte> WithPrefix => Array.AsMemory(0, ProtocolLimits.LengthPrefixBytes + Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(FrameBuffer));

    /// <summary>A buffer for a frame of this many bytes, with its length prefix written; the rest is to be overwritten.</summary>
    /// <exception cref="ProtocolViolationException">The length is outside 1..<see cref="ProtocolLimits.FrameBytesMax"/>.</exception>
    public static FrameBuffer Rent(int length)
    {
        if (length is < 1 or > ProtocolLimits.FrameBytesMax)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes: allowed are 1 to {ProtocolLimits.FrameBytesMax}.");
        }

        int total = length + ProtocolLimits.LengthPrefixBytes;
        byte[] array = (total <= SmallBytes ? TakePooled() : null)
            ?? GC.AllocateUninitializedArray<byte>(Math.Max(total, SmallBytes), pinned: true);
        BinaryPrimitives.WriteInt32BigEndian(array, length);
        return new FrameBuffer(array, length);
    }

    /// <summary>Reads a length prefix of four bytes; nothing has been allocated for the frame yet.</summary>
    /// <param name="prefix">At least four bytes.</param>
    /// <param name="bytesMax">The longest frame allowed now: <see cref="ProtocolLimits.HelloFrameBytesMax"/> before the hello.</param>
    /// <exception cref="ProtocolViolationException">The length is zero or above the limit.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix, int bytesMax = ProtocolLimits.FrameBytesMax)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        return length >= 1 && length <= bytesMax
            ? (int)length
            : throw new ProtocolViolationException($"A frame of {length} bytes: allowed are 1 to {bytesMax}.");
    }

    public void Dispose()
    {
        byte[]? array = Interlocked.Exchange(ref _array, null);
        if (array is null)
        {
            return;
        }

        CryptographicOperations.ZeroMemory(array.AsSpan(0, Length + ProtocolLimits.LengthPrefixBytes));
        if (array.Length == SmallBytes && Interlocked.Increment(ref _pooled) <= PooledMax)
        {
            SmallPool.Enqueue(array);
        }
        else if (array.Length == SmallBytes)
        {
            Interlocked.Decrement(ref _pooled);
        }
    }

    private static byte[]? TakePooled()
    {
        if (!SmallPool.TryDequeue(out byte[]? array))
        {
            return null;
        }

        Interlocked.Decrement(ref _pooled);
        return array;
    }
}
