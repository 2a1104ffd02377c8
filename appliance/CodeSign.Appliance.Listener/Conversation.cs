using System.IO.Pipelines;
using CodeSign.Appliance.Requests;
using CodeSign.Wire;
using CodeSign.Wire.Framing;

namespace CodeSign.Appliance.Listener;

/// <summary>
/// One connection: reads requests, lets several be under way at once, and writes the answers in the order they come to be. A request
/// that waits never holds up another.
/// </summary>
internal sealed class Conversation : IDisposable
{
    /// <summary>Time a new connection has for its hello.</summary>
    public static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Time a connection lives whose peer hasn't proved who it is, whatever it sends meanwhile.</summary>
    public static readonly TimeSpan UnauthenticatedLifetime = TimeSpan.FromSeconds(30);

    /// <summary>Time a peer has to take an answer off the wire.</summary>
    public static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(30);

    private readonly Dispatcher _dispatcher;
    private readonly Session _session;
    private readonly FrameReader _reader;
    private readonly PipeWriter _output;
    private readonly CancellationToken _closed;
    private readonly SemaphoreSlim _places = new(ProtocolLimits.InFlightMax, ProtocolLimits.InFlightMax);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _broken;
    private readonly CancellationTokenSource _writeDeadline;
    private volatile ProtocolViolationException? _violation;

    public Conversation(Dispatcher dispatcher, Session session, IDuplexPipe pipe, CancellationToken closed)
    {
        _dispatcher = dispatcher;
        _session = session;
        _reader = new FrameReader(pipe.Input);
        _output = pipe.Output;
        _closed = closed;
        _broken = CancellationTokenSource.CreateLinkedTokenSource(closed);
        _writeDeadline = CancellationTokenSource.CreateLinkedTokenSource(closed);
        if (session.Caller is null)
        {
            _broken.CancelAfter(UnauthenticatedLifetime);
        }
    }

    /// <summary>Returns when the peer is done, or the listener drains and nothing is under way any more.</summary>
    /// <exception cref="ProtocolViolationException">The peer broke the protocol.</exception>
    public async Task RunAsync(CancellationToken drain)
    {
        await using CancellationTokenRegistration stop = drain.UnsafeRegister(static state => ((FrameReader)state!).Stop(), _reader);
        try
        {
            while (!drain.IsCancellationRequested && !_session.MustClose)
            {
                TimeSpan idle = _session.Caller is null ? HelloTimeout : Timeout.InfiniteTimeSpan;
                _reader.FrameBytesMax = _session.Caller is not null ? ProtocolLimits.FrameBytesMax : ProtocolLimits.HelloFrameBytesMax;
                FrameBuffer? buffer = await _reader.ReadAsync(idle, _broken.Token);
                if (buffer is null)
                {
                    break;
                }

                await StartAsync(RequestFrame.Parse(buffer));
            }
        }
        catch (OperationCanceledException) when (_violation is not null)
        {
            throw _violation;
        }
        finally
        {
            await FinishAsync();
        }
    }

    public void Dispose()
    {
        _places.Dispose();
        _writing.Dispose();
        _broken.Dispose();
        _writeDeadline.Dispose();
    }

    private async ValueTask StartAsync(RequestFrame frame)
    {
        try
        {
            await _places.WaitAsync(_broken.Token);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        // A signature that nobody waits behind starts right here: no thread is woken for it. Whatever may take long goes to the pool.
        bool alone = frame.Operation == OperationCode.Sign && !_reader.HasMore;
        if (frame.Operation == OperationCode.Hello)
        {
            // Nothing overtakes hello: what comes behind it depends on it.
            await AnswerAsync(frame);
            if (_session.Caller is not null)
            {
                _broken.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }
        else if (alone)
        {
            _ = AnswerAsync(frame);
        }
        else
        {
            _ = Task.Run(() => AnswerAsync(frame), CancellationToken.None);
        }
    }

    private async Task AnswerAsync(RequestFrame frame)
    {
        try
        {
            using (frame)
            {
                using ResponseFrame response = await _dispatcher.DispatchAsync(_session, frame, _closed);
                await WriteAsync(response.Bytes);
            }
        }
        catch (ProtocolViolationException violation)
        {
            _violation = violation;
            await _broken.CancelAsync();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The peer is gone; whatever it asked for is on record.
            await _broken.CancelAsync();
        }
        catch
        {
            // Our own fault beyond the dispatcher: no answer can be made, so the peer must not wait for one.
            await _broken.CancelAsync();
            throw;
        }
        finally
        {
            _places.Release();
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync(_writeDeadline.Token);
        try
        {
            // The frame's memory is given back after this, so the write itself is cancelled, not just the wait for it.
            _writeDeadline.CancelAfter(WriteTimeout);
            await _output.WriteAsync(bytes, _writeDeadline.Token);
            _writeDeadline.CancelAfter(Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask FinishAsync()
    {
        for (int i = 0; i < ProtocolLimits.InFlightMax; i++)
        {
            await _places.WaitAsync(CancellationToken.None);
        }
    }
}
