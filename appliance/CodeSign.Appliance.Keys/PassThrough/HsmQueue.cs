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
    /// <summary>How often is looked at what has waited too long, or for a caller who is gone.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A device whose answers take less, on the average of the last ones, is brisk: the thread that is on it is back before another is awake.
    /// </summary>
    private static readonly TimeSpan Brisk = TimeSpan.FromMicroseconds(300);

    /// <summary>A thread that is longer on a brisk device isn't counted on.</summary>
    private static readonly TimeSpan BriskPatience = TimeSpan.FromMilliseconds(1);

    /// <summary>Requests that may wait behind each thread on a brisk device.</summary>
    private const int WaitingPerThread = 8;

    private readonly HsmDevice _device;
    private readonly HsmOptions _options;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource[] _ended;

    // _gate guards the fields below and the places of requests.
    private readonly object _gate = new();
    private readonly LinkedList<HsmRequest> _waiting = new();
    private readonly Visit?[] _running;
    private readonly ITimer _rounds;
    private bool _makesRounds;
    private int _asleep;
    private TimeSpan _takes = Brisk;
    private bool _lookAfterDevice = true;
    private bool _closed;

    public HsmQueue(HsmDevice device, HsmOptions options, TimeProvider time)
    {
        _device = device;
        _options = options;
        _time = time;
        _running = new Visit?[options.Sessions];
        _rounds = time.CreateTimer(_ => MakeRound(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
        HsmRequest<T> request = new(work, undo, goesOn) { Deadline = deadline, Since = _time.GetTimestamp(), Cancel = cancel };
        Enqueue(request);
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
            await _rounds.DisposeAsync();
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

            _waiting.AddLast(request);
            if (!SomeoneComesSoon())
            {
                Monitor.Pulse(_gate);
            }

            if (!_makesRounds)
            {
                _makesRounds = _rounds.Change(Round, Round);
            }
        }
    }

    // Waking a thread costs as much as a brisk device takes for a signature. Where it suddenly hangs, the next round wakes the others.
    private bool SomeoneComesSoon() => _takes < Brisk
        && _waiting.Count <= WaitingPerThread * (_running.Length - _asleep)
        && Array.Exists(_running, visit => visit is { } on && _time.GetElapsedTime(on.Since) < BriskPatience);

    // Requests whose time is over, or whose caller is gone, are answered; those that waited leave their places to others, what runs is the
    // device's to finish.
    private void MakeRound()
    {
        List<HsmRequest> over = [];
        lock (_gate)
        {
            for (LinkedListNode<HsmRequest>? place = _waiting.First; place is not null;)
            {
                LinkedListNode<HsmRequest>? next = place.Next;
                if (IsOver(place.Value))
                {
                    over.Add(place.Value);
                    _waiting.Remove(place);
                }

                place = next;
            }

            over.AddRange(_running.Select(visit => visit?.Request).OfType<HsmRequest>().Where(IsOver));
            if (_waiting.Count > 0)
            {
                Monitor.Pulse(_gate);
            }
            else if (Array.TrueForAll(_running, visit => visit?.Request is null or { IsAnswered: true }))
            {
                _makesRounds = false;
                _rounds.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (HsmRequest request in over)
        {
            if (!request.Cancel.IsCancellationRequested || !request.TryCancel())
            {
                request.TryFail(HsmFaults.Timeout(_options.Name));
            }
        }
    }

    private bool IsOver(HsmRequest request) =>
        request.Cancel.IsCancellationRequested || _time.GetElapsedTime(request.Since) >= request.Deadline;

    private bool AllStuck() => Array.TrueForAll(
        _running, visit => visit is { } on && _time.GetElapsedTime(on.Since) > on.Deadline);

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
            if (_running[number] is { Request: not null } visit)
            {
                _takes += (_time.GetElapsedTime(visit.Since) - _takes) / 8;
            }

            _running[number] = null;
            while (_waiting.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                DeviceState device = _device.State;
                bool down = !device.Available && !device.PinRefused;
                if (_lookAfterDevice || !Sleep(down ? _options.RetryAfter : Timeout.InfiniteTimeSpan))
                {
                    _lookAfterDevice = false;
                    _running[number] = new Visit(null, _options.Deadline, _time.GetTimestamp());
                    return true;
                }
            }

            request = _waiting.First!.Value;
            _waiting.RemoveFirst();
            _running[number] = new Visit(request, request.Deadline, _time.GetTimestamp());
            if (_waiting.Count > 0 && _takes >= Brisk)
            {
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    private bool Sleep(TimeSpan time)
    {
        _asleep++;
        try
        {
            return Monitor.Wait(_gate, time);
        }
        finally
        {
            _asleep--;
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

    /// <summary>A thread on the device.</summary>
    /// <param name="Request">For whom, or null: it looks whether the device is there.</param>
    /// <param name="Deadline">How long it may take.</param>
    /// <param name="Since">Its beginning, as a timestamp.</param>
    private readonly record struct Visit(HsmRequest? Request, TimeSpan Deadline, long Since);
}
