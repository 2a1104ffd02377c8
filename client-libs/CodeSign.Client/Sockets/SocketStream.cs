using System.Runtime.InteropServices;

namespace CodeSign.Client.Sockets;

/// <summary>
/// One connected TCP socket as a synchronous stream with an absolute deadline. Reads ahead, so that a TLS record costs one
/// receive, and holds small writes back until somebody waits for an answer, so that a handshake's last messages and the first
/// request leave in one packet. What it holds is ciphertext. Not thread-safe. The program around may close any descriptor (daemons
/// do) and have its number for another file: that one is neither read, written nor closed.
/// </summary>
internal sealed unsafe class SocketStream : Stream
{
    /// <summary>A whole TLS record (RFC 8446 section 5.2) and its header fit.</summary>
    private const int BufferBytes = 17 * 1024;

    /// <summary>The last messages of a handshake with a certificate chain, and hello.</summary>
    private const int PendingBytes = 4 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _pending = new byte[PendingBytes];
    private readonly Action<int>? _closing;
    private readonly Libc.FileIdentity? _identity;
    private int _descriptor;
    private int _start;
    private int _end;
    private int _pendingCount;

    public SocketStream(int descriptor, Action<int>? closing)
    {
        _descriptor = descriptor;
        _closing = closing;
        _identity = Libc.Identify(descriptor);
    }

    /// <summary>Reads and writes give up then.</summary>
    public Deadline Deadline { get; set; }

    /// <summary>The peer closed its side.</summary>
    public bool HasEnded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// True while nothing has arrived. On a connection that waits for no answer anything that arrives is the peer's farewell.
    /// </summary>
    public bool IsQuiet()
    {
        if (_start != _end || !IsOurs(_descriptor))
        {
            return false;
        }

        byte probe;
        nint count;
        do
        {
            count = Libc.Receive(_descriptor, &probe, 1, Libc.MessagePeek | Libc.MessageDoNotWait);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
        return count < 0 && Marshal.GetLastPInvokeError() == Libc.TryAgain;
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_start == _end)
        {
            SendPending();
            _start = 0;
            _end = 0;
            _end = ReceiveSome(_buffer);
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > PendingBytes - _pendingCount)
        {
            SendPending();
        }

        if (buffer.Length > PendingBytes)
        {
            Send(buffer);
            return;
        }

        buffer.CopyTo(_pending.AsSpan(_pendingCount));
        _pendingCount += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Hands to the kernel what was held back.</summary>
    public void SendPending()
    {
        if (_pendingCount > 0)
        {
            int count = _pendingCount;
            _pendingCount = 0;
            Send(_pending.AsSpan(0, count));
        }
    }

    public override void Flush()
    {
        // BouncyCastle flushes after each record: SendPending is ours.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0 && IsOurs(descriptor))
        {
            if (disposing)
            {
                _closing?.Invoke(descriptor);
            }

            _ = Libc.Close(descriptor);
        }

        base.Dispose(disposing);
    }

    private void Send(ReadOnlySpan<byte> buffer)
    {
        ThrowIfTaken();
        while (!buffer.IsEmpty)
        {
            nint sent;
            fixed (byte* bytes = buffer)
            {
                sent = Libc.Send(_descriptor, bytes, (nuint)buffer.Length, Libc.MessageNoSignal);
            }

            if (sent >= 0)
            {
                buffer = buffer[(int)sent..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Libc.TryAgain)
            {
                Wait(Libc.PollOut);
            }
            else if (error != Libc.Interrupted)
            {
                throw new SocketFault(SocketFaultKind.Broken, SocketFault.Describe(error));
            }
        }
    }

    private int ReceiveSome(Span<byte> buffer)
    {
        while (true)
        {
            // Asked for readiness first: an answer is hardly ever there before the request was served.
            Wait(Libc.PollIn);
            ThrowIfTaken();
            nint count;
            fixed (byte* bytes = buffer)
            {
                count = Libc.Receive(_descriptor, bytes, (nuint)buffer.Length, 0);
            }

            if (count >= 0)
            {
                HasEnded = count == 0;
                return (int)count;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is not Libc.Interrupted and not Libc.TryAgain)
            {
                throw new SocketFault(SocketFaultKind.Broken, SocketFault.Describe(error));
            }
        }
    }

    private bool IsOurs(int descriptor) => _identity is not null && Libc.Identify(descriptor) == _identity;

    private void ThrowIfTaken()
    {
        if (!IsOurs(_descriptor))
        {
            throw new SocketFault(SocketFaultKind.Broken, "the program around closed the connection's descriptor");
        }
    }

    private void Wait(short events)
    {
        if (!Connector.WaitFor(_descriptor, events, Deadline))
        {
            throw new SocketFault(SocketFaultKind.Timeout, "no answer in time");
        }
    }
}
