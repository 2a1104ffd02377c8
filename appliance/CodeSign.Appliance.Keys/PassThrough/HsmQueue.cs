using System.Diagnostics.CodeAnalysis;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.Common;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// The threads that go to the device, one session each, and the bounded queue in front of them. Callers never wait for the device
/// itself: a thread stuck in the vendor's code holds back nothing but its own session.
/// </summary>
internal sealed class HsmQueue
{
    private readonly HsmDevice _device;
    private readonly HsmOptions _options;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource[] _ended;

    // _gate guards the fields below and the places of requests.
    private readonly object _gate = new();
    private readonly LinkedList<HsmRequest> _waiting = new();
    private readonly (TimeSpan Deadline, long Since)?[] _running;
    private bool _lookAfterDevice = true;
    private bool _closed;

    public HsmQueue(HsmDevice device, HsmOptions options, TimeProvider time)
    {
        _device = device;
        _options = options;
        _time = time;
        _running = new (TimeSpan, long)?[options.Sessions];
        _ended = [.. _running.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        for (int number = 0; number < options.Sessions; number++)
        {
            StartWorker(number);
        }
    }

    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Every thread has been on the device longer than it may.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
            {
                return AllStuck();
            }
        }
    }

    /// <param name="work">What to do on a session.</param>
    /// <param name="undo">Takes back what was done for a caller who is gone; null where nothing stays behind.</param>
    /// <param name="deadline">How long the device may take.</param>
    /// <param name="cancel">The caller gives up.</param>
    /// <param name="goesOn">True where only some microseconds of work follow: they run on the worker's thread.</param>
    /// <exception cref="FaultException">hsm.busy, hsm.timeout, hsm.unavailable, or what the device says.</exception>
    public async Task<T> RunAsync<T>(
        Func<HsmSession, T> work, Action<HsmSession, T>? undo, TimeSpan deadline, CancellationToken cancel, bool goesOn = false)
    {
        HsmRequest<T> request = new(work, undo, deadline, goesOn);
        Enqueue(request);
        await using ITimer timer = _time.CreateTimer(
            _ => GiveUp(request, request.TryFail(HsmFaults.Timeout(_options.Name))), null, deadline, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration registration = cancel.Register(() => GiveUp(request, request.TryCancel(cancel)));
        return await request.Answer;
    }

    /// <summary>Has a thread look whether the device is back, without waiting for a request.</summary>
    public void LookAfterDevice()
    {
        lock (_gate)
        {
            _lookAfterDevice = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Refuses what waits, lets what runs finish for a while.</summary>
    /// <returns>False when a thread is still on the device.</returns>
    public async Task<bool> CloseAsync(TimeSpan patience)
    {
        List<HsmRequest> waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (HsmRequest request in waiting)
        {
            request.TryFail(HsmFaults.Unavailable(_options.Name, "the appliance stops."));
        }

        try
        {
            await Task.WhenAll(_ended.Select(worker => worker.Task)).WaitAsync(patience, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Enqueue(HsmRequest request)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw HsmFaults.Unavailable(_options.Name, "the appliance stops.");
            }

            if (AllStuck())
            {
                throw HsmFaults.Unavailable(_options.Name, "it does not answer.");
            }

            if (_waiting.Count >= _options.QueueMax)
            {
                throw HsmFaults.Busy(_options.Name);
            }

            request.Place = _waiting.AddLast(request);
            Monitor.Pulse(_gate);
        }
    }

    // What waits leaves its place to others; what runs is the device's to finish.
    private void GiveUp(HsmRequest request, bool first)
    {
        if (!first)
        {
            return;
        }

        lock (_gate)
        {
            if (request.Place is { List: not null } place)
            {
                _waiting.Remove(place);
                request.Place = null;
            }
        }
    }

    private bool AllStuck() => Array.TrueForAll(
        _running, entry => entry is { } on && _time.GetElapsedTime(on.Since) > on.Deadline);

    private void StartWorker(int number)
    {
        Thread thread = new(() =>
        {
            Work(number);
            _ended[number].SetResult();
        })
        {
            IsBackground = true,
            Name = $"hsm {_options.Name} {number + 1}",
        };
        thread.Start();
    }

    private void Work(int number)
    {
        HsmSession? session = null;
        while (TryTake(number, out HsmRequest? request))
        {
            session = request is null ? Probe(session) : Serve(request, session);
        }

        session?.Dispose();
    }

    // A null request: time to look after the device.
    private bool TryTake(int number, out HsmRequest? request)
    {
        request = null;
        lock (_gate)
        {
            _running[number] = null;
            while (_waiting.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                DeviceState device = _device.State;
                bool down = !device.Available && !device.PinRefused;
                if (_lookAfterDevice || !Monitor.Wait(_gate, down ? _options.RetryAfter : Timeout.InfiniteTimeSpan))
                {
                    _lookAfterDevice = false;
                    _running[number] = (_options.Deadline, _time.GetTimestamp());
                    return true;
                }
            }

            request = _waiting.First!.Value;
            _waiting.RemoveFirst();
            request.Place = null;
            _running[number] = (request.Deadline, _time.GetTimestamp());
            return true;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The thread must live on: a PIN file gone or a library's whim is no reason to end the daemon.")]
    private HsmSession? Probe(HsmSession? session)
    {
        try
        {
            return session ?? _device.OpenSession();
        }
        catch (Exception)
        {
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The thread must live on; the caller gets whatever it was.")]
    private HsmSession? Serve(HsmRequest request, HsmSession? session)
    {
        for (bool again = true; !request.IsAnswered;)
        {
            try
            {
                session ??= _device.OpenSession();
                request.Run(session);
            }
            catch (Pkcs11Exception failure)
            {
                // What state the session is in after a failure is the vendor's secret: take a new one.
                session?.Dispose();
                session = null;
                if (again && HsmFaults.IsLost(failure))
                {
                    again = false;
                    continue;
                }

                request.TryFail(HsmFaults.Of(_options.Name, failure));
            }
            catch (Exception failure)
            {
                request.TryFail(failure);
            }
        }

        return session;
    }
}
