using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CodeSign.Wire.Framing;

/// <summary>
/// The bytes of one frame in pinned memory, which no collection copies, zeroed when it goes back to the pool: frames carry PINs,
/// tickets and keys.
/// </summary>
public sealed class FrameBuffer : IDisposable
{
    private const int SmallBytes = 4096;
    private const int PooledMax = 256;
    private static readonly ConcurrentBag<byte[]> SmallPool = [];

    private byte[]? _array;

    private FrameBuffer(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    /// <summary>Bytes of the frame, without its length prefix.</summary>
    public int Length { get; private set; }

    /// <summary>The frame without its length prefix.</summary>
    public Memory<byte> Memory => Array.AsMemory(ProtocolLimits.LengthPrefixBytes, Length);

    /// <summary>The length prefix and the frame: what goes over the wire.</summary>
    public ReadOnlyMemory<byte> WithPrefix => Array.AsMemory(0, ProtocolLimits.LengthPrefixBytes + Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(FrameBuffer));

    /// <summary>A buffer for a frame of this many bytes, with its length prefix written.</summary>
    /// <exception cref="ProtocolViolationException">The length is outside 1..<see cref="ProtocolLimits.FrameBytesMax"/>.</exception>
    public static FrameBuffer Rent(int length)
    {
        if (length is < 1 or > ProtocolLimits.FrameBytesMax)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes: allowed are 1 to {ProtocolLimits.FrameBytesMax}.");
        }

        int total = length + ProtocolLimits.LengthPrefixBytes;
        if (total > SmallBytes || !SmallPool.TryTake(out byte[]? array))
        {
            array = GC.AllocateUninitializedArray<byte>(Math.Max(total, SmallBytes), pinned: true);
        }

        BinaryPrimitives.WriteInt32BigEndian(array, length);
        return new FrameBuffer(array, length);
    }

    /// <summary>Reads a length prefix.</summary>
    /// <exception cref="ProtocolViolationException">The length is outside the limits.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (length is < 1 or > ProtocolLimits.FrameBytesMax)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes: allowed are 1 to {ProtocolLimits.FrameBytesMax}.");
        }

        return (int)length;
    }

    public void Dispose()
    {
        byte[]? array = Interlocked.Exchange(ref _array, null);
        if (array is null)
        {
            return;
        }

        CryptographicOperations.ZeroMemory(array.AsSpan(0, Math.Min(array.Length, Length + ProtocolLimits.LengthPrefixBytes)));
        if (array.Length == SmallBytes && SmallPool.Count < PooledMax)
        {
            SmallPool.Add(array);
        }
    }
}
