using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Store.Writing;

/// <summary>
/// The one thread that writes. It takes everything that was queued while the last commit ran, writes it in one transaction, and
/// answers when that is on the disk: no timer, a single record waits for nobody.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    /// <summary>Waiting to be written; more are refused.</summary>
    public const int QueueMax = 16_384;

    /// <summary>Written in one transaction.</summary>
    public const int BatchMax = 512;

    private readonly string _path;
    private readonly WriteTransaction _transaction;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // A plain monitor: the writer sleeps in it at once, where a semaphore would spin first, a core's worth under a single client.
    private readonly object _gate = new();
    private List<WriteRequest> _queue = [];
    private bool _sleeping;
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
            Wake();
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
        if (_sleeping)
        {
            _sleeping = false;
            Monitor.Pulse(_gate);
        }
    }

    private bool TakeBatch(ref List<WriteRequest> batch)
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                _sleeping = true;
                Monitor.Wait(_gate);
            }

            (_queue, batch) = (batch, _queue);
            return true;
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
        for (int from = 0; from < batch.Count; from += Answers.RequestsMax)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Answers(batch, from, _state), preferLocal: false);
        }
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

    /// <summary>
    /// Answers a few requests of a batch, one after the other, with their continuations: waking a thread of the pool for each costs more
    /// than the continuation does, and having one do all would leave the others idle.
    /// </summary>
    private sealed class Answers(List<WriteRequest> batch, int from, StoreState state) : IThreadPoolWorkItem
    {
        public const int RequestsMax = 4;

        public void Execute()
        {
            foreach (WriteRequest request in CollectionsMarshal.AsSpan(batch)[from..int.Min(from + RequestsMax, batch.Count)])
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
