using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CodeSign.Wire;
using CodeSign.Wire.Framing;

namespace CodeSign.Appliance.Listener;

/// <summary>Cuts frames out of a stream of bytes; knows lengths, not meanings.</summary>
internal sealed class FrameReader(PipeReader input)
{
    /// <summary>Time from a frame's first byte to its last.</summary>
    public static readonly TimeSpan FrameTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The longest frame allowed now, in bytes; the caller raises it when it knows its peer.</summary>
    public int FrameBytesMax { get; set; } = ProtocolLimits.HelloFrameBytesMax;

    /// <summary>True when the bytes of another frame, or of its beginning, are here already.</summary>
    public bool HasMore { get; private set; }

    /// <summary>The next frame, or null when the peer is done or <see cref="Stop"/> was called.</summary>
    /// <param name="idle">How long to wait for a frame's first byte.</param>
    /// <param name="cancel">The connection is gone.</param>
    /// <exception cref="ProtocolViolationException">A length over the limit, a frame too slow, or one that never ends.</exception>
    public async ValueTask<FrameBuffer?> ReadAsync(TimeSpan idle, CancellationToken cancel)
    {
        if (input.TryRead(out ReadResult ready))
        {
            if (ready.IsCanceled)
            {
                return null;
            }

            if (TryCut(ready.Buffer, out FrameBuffer? frame))
            {
                return frame;
            }

            if (ready.IsCompleted)
            {
                return End(ready.Buffer);
            }
        }

        return await WaitAsync(idle, cancel);
    }

    /// <summary>Ends a read that is waiting for a frame.</summary>
    public void Stop() => input.CancelPendingRead();

    private async ValueTask<FrameBuffer?> WaitAsync(TimeSpan idle, CancellationToken cancel)
    {
        CancellationTokenSource? timeout = null;
        try
        {
            bool begun = HasMore;
            while (true)
            {
                if (timeout is null && (begun || idle != Timeout.InfiniteTimeSpan))
                {
                    timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                    timeout.CancelAfter(begun ? FrameTimeout : idle);
                }

                ReadResult result = await input.ReadAsync(timeout?.Token ?? cancel);
                if (result.IsCanceled)
                {
                    return null;
                }

                if (TryCut(result.Buffer, out FrameBuffer? frame))
                {
                    return frame;
                }

                if (result.IsCompleted)
                {
                    return End(result.Buffer);
                }

                if (!begun)
                {
                    begun = true;
                    timeout?.Dispose();
                    timeout = null;
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ProtocolViolationException("A frame took too long.");
        }
        finally
        {
            timeout?.Dispose();
        }
    }

    private static FrameBuffer? End(ReadOnlySequence<byte> rest) =>
        rest.IsEmpty ? null : throw new ProtocolViolationException("The connection ended in the middle of a frame.");

    // The pipe's memory goes back to a pool as it is, and a frame may carry a PIN.
    private static void Wipe(ReadOnlySequence<byte> read)
    {
        foreach (ReadOnlyMemory<byte> part in read)
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(part).Span);
        }
    }

    private bool TryCut(ReadOnlySequence<byte> buffer, out FrameBuffer? frame)
    {
        frame = null;
        if (buffer.Length >= ProtocolLimits.LengthPrefixBytes)
        {
            Span<byte> prefix = stackalloc byte[ProtocolLimits.LengthPrefixBytes];
            buffer.Slice(0, prefix.Length).CopyTo(prefix);
            int length = FrameBuffer.ReadLength(prefix, FrameBytesMax);
            if (buffer.Length >= prefix.Length + length)
            {
                ReadOnlySequence<byte> body = buffer.Slice(prefix.Length, length);
                frame = FrameBuffer.Rent(length);
                body.CopyTo(frame.Memory.Span);
                Wipe(body);
                HasMore = buffer.Length > prefix.Length + length;
                input.AdvanceTo(body.End);
                return true;
            }
        }

        HasMore = !buffer.IsEmpty;
        input.AdvanceTo(buffer.Start, buffer.End);
        return false;
    }
}
