using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Store.Writing;

/// <summary>
/// The one thread that writes. It takes what is queued, writes it in one transaction, and answers when that is on the disk. A single
/// record waits for nobody; among many, a commit waits a moment for most of those that the last round has seen.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    /// <summary>Waiting to be written; more are refused.</summary>
    public const int QueueMax = 16_384;

    /// <summary>Written in one transaction.</summary>
    public const int BatchMax = 512;

    /// <summary>Answered by the writer itself. What a batch has beyond is shared out to the pool, as many at a time.</summary>
    public const int AnswersMax = 16;

    /// <summary>The longest a commit waits for company.</summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(1);

    /// <summary>A commit waits this long, and once more, where keys are at work that take long.</summary>
    private static readonly TimeSpan SlowGatherTime = TimeSpan.FromMilliseconds(2);

    /// <summary>Rounds that don't wait for slow keys again, at most, after it was in vain.</summary>
    private const int RoundsWithoutMax = 1024;

    private readonly string _path;
    private readonly WriteTransaction _transaction;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // A plain monitor: the writer sleeps in it at once, where a semaphore would spin first, a core's worth under a single client.
    private readonly object _gate = new();
    private List<WriteRequest> _queue = [];
    private int _wakeAt;   // requests that wake the writer; 0 when it is awake
    private int _seen;     // in the last round: written by it, or come meanwhile
    private int _roundsWithout;
    private int _lastRoundsWithout;
    private int _coming;
    private long _came;
    private bool _closed;
    private volatile StoreState _state;
    private volatile StoreState? _committing;

    public StoreWriter(string path, WriteTransaction transaction, StoreState state)
    {
        _path = path;
        _transaction = transaction;
        _state = state;
        new Thread(Run) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>What is durable now.</summary>
    public StoreState State => _state;

    /// <summary>
    /// What is becoming durable at the moment: readers of the disk may see it before it is <see cref="State"/>. Look at this first.
    /// </summary>
    public StoreState? Committing => _committing;

    /// <summary>Commits so far, and the requests they held: how well grouping works.</summary>
    public (long Commits, long Requests) Written { get; private set; }

    /// <summary>Somebody is at work whose outcome will be a record.</summary>
    public void RecordComes() => Interlocked.Increment(ref _coming);

    /// <summary>The work is done: the record is queued next, or there will be none.</summary>
    public void WorkEnded()
    {
        Interlocked.Decrement(ref _coming);
        Interlocked.Increment(ref _came);
    }

    /// <exception cref="FaultException">Too many wait, or the store is closed.</exception>
    public void Enqueue(WriteRequest request)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new FaultException(CKR.CKR_DEVICE_ERROR, "store.closed", "The appliance is stopping; try again when it runs.");
            }

            if (_queue.Count >= QueueMax)
            {
                throw new FaultException(CKR.CKR_FUNCTION_FAILED, "store.busy", "The appliance has too much to write; try again in a few seconds.");
            }

            _queue.Add(request);
            if (_wakeAt != 0 && _queue.Count >= _wakeAt)
            {
                Wake();
            }
        }
    }

    /// <summary>Writes what is queued and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            Wake();
        }

        await _stopped.Task;
    }

    private void Run()
    {
        List<WriteRequest> batch = [];
        while (TakeBatch(ref batch))
        {
            for (int from = 0; from < batch.Count; from += BatchMax)
            {
                Write(batch.GetRange(from, int.Min(BatchMax, batch.Count - from)));
            }

            batch.Clear();
        }

        _transaction.Dispose();
        _stopped.SetResult();
    }

    private void Wake()
    {
        _wakeAt = 0;
        Monitor.Pulse(_gate);
    }

    private bool TakeBatch(ref List<WriteRequest> batch)
    {
        lock (_gate)
        {
            // Those of the last round come again. Three in four of them together: a commit costs much the same for one and for ten, and the
            // last quarter keeps the machine busy while it runs.
            int expected = int.Min(((3 * _seen) + 3) / 4, BatchMax);
            if (_queue.Count < expected && expected > 1 && !_closed)
            {
                _wakeAt = expected;
                Monitor.Wait(_gate, GatherTime);
            }

            while (_queue.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                _wakeAt = 1;
                Monitor.Wait(_gate);
            }

            GatherSlow();
            _wakeAt = 0;
            (_queue, batch) = (batch, _queue);
            return true;
        }
    }

    // Where more keys are at work than there are processors, whoever waits for a record leaves nothing idle: a commit for each would cost
    // more than a tenth of an RSA-3072 signature. Keys that don't come, on a device that hangs, are waited for seldom.
    private void GatherSlow()
    {
        int coming = Volatile.Read(ref _coming);
        if (coming <= Environment.ProcessorCount || _roundsWithout > 0 || _closed)
        {
            _roundsWithout = int.Max(0, _roundsWithout - 1);
            return;
        }

        long came = Interlocked.Read(ref _came);
        int expected = int.Min(_queue.Count + coming - Environment.ProcessorCount, BatchMax);
        WaitFor(expected);
        bool inVain = Interlocked.Read(ref _came) == came;
        if (!inVain)
        {
            WaitFor(expected);
        }

        _lastRoundsWithout = inVain ? int.Min((2 * _lastRoundsWithout) + 1, RoundsWithoutMax) : 0;
        _roundsWithout = _lastRoundsWithout;
    }

    private void WaitFor(int expected)
    {
        if (_queue.Count < expected && !_closed)
        {
            _wakeAt = expected;
            Monitor.Wait(_gate, SlowGatherTime);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong, those who wait are told, and the thread goes on.")]
    private void Write(List<WriteRequest> batch)
    {
        try
        {
            _transaction.Begin();
            foreach (WriteRequest request in batch)
            {
                Apply(request);
            }

            StoreState next = _transaction.Prepare();
            _committing = next;
            _transaction.Commit(next);
            _state = next;
        }
        catch (Exception e)
        {
            _transaction.TakeBack();
            Exception reason = e is SqliteFailure failure ? failure.ToFault(_path) : e;
            foreach (WriteRequest request in batch)
            {
                request.Fail(request.Failure ?? reason);
            }

            return;
        }
        finally
        {
            _committing = null;
        }

        Written = (Written.Commits + 1, Written.Requests + batch.Count);
        lock (_gate)
        {
            // Before the first answer: whoever has it may be back at once, and would be counted twice.
            _seen = batch.Count + _queue.Count;
        }

        for (int from = AnswersMax; from < batch.Count; from += AnswersMax)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Answers(batch, from, _state), preferLocal: false);
        }

        new Answers(batch, 0, _state).Execute();
    }

    [SuppressMessage("Design", "CA1031", Justification = "What a caller's own code throws goes to that caller; the others' records are written.")]
    private void Apply(WriteRequest request)
    {
        try
        {
            request.Apply(_transaction);
        }
        catch (Exception e) when (e is not SqliteFailure)
        {
            request.Failure = e;
        }
    }

    /// <summary>Answers some requests of a batch, one after the other: waking a thread of the pool for each costs more than the answer does.</summary>
    private sealed class Answers(List<WriteRequest> batch, int from, StoreState state) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach (WriteRequest request in CollectionsMarshal.AsSpan(batch)[from..int.Min(from + AnswersMax, batch.Count)])
            {
                if (request.Failure is null)
                {
                    request.Succeed(state);
                }
                else
                {
                    request.Fail(request.Failure);
                }
            }
        }
    }
}
