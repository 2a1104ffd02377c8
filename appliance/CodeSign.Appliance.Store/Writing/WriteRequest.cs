using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store.Writing;

/// <summary>Something to be written, and somebody who waits for it. Applied and answered by the writer's thread.</summary>
internal abstract class WriteRequest
{
    /// <summary>What the request's own part of the work threw; then it isn't written, and others are.</summary>
    public Exception? Failure { get; set; }

    public abstract void Apply(WriteTransaction transaction);

    /// <summary>It is durable. What follows must not hold up the caller, who may be the writer.</summary>
    public abstract void Succeed(StoreState state);

    public abstract void Fail(Exception reason);
}

/// <summary>One audit record.</summary>
/// <param name="e">The event.</param>
/// <param name="decidedOnGeneration">The state of governance it was decided on.</param>
/// <param name="reconsider">Decides again on a later state.</param>
/// <param name="onlyAnswers">What follows the record runs on the thread that has written it.</param>
internal sealed class RecordRequest(
    AuditEvent e, long decidedOnGeneration, Func<Snapshot, AuditEvent?>? reconsider, bool onlyAnswers) : WriteRequest
{
    private readonly TaskCompletionSource<Recorded> _done =
        new(onlyAnswers ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    private Recorded? _recorded;

    public Task<Recorded> Done => _done.Task;

    public override void Apply(WriteTransaction transaction)
    {
        AuditEvent written = e;
        if (reconsider is not null && transaction.Snapshot.Generation != decidedOnGeneration)
        {
            written = reconsider(transaction.Snapshot) ?? e;
        }

        _recorded = transaction.Record(written);
    }

    public override void Succeed(StoreState state) => _done.SetResult(_recorded!);

    public override void Fail(Exception reason) => ThreadPool.UnsafeQueueUserWorkItem(_ => _done.SetException(reason), null);
}

/// <summary>A change of governance.</summary>
internal sealed class CommitRequest(Func<Snapshot, StoreChange> build, CancellationToken cancel) : WriteRequest
{
    private readonly TaskCompletionSource<Snapshot> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Snapshot> Done => _done.Task;

    public override void Apply(WriteTransaction transaction)
    {
        cancel.ThrowIfCancellationRequested();
        transaction.Change(build(transaction.Snapshot));
    }

    public override void Succeed(StoreState state) => _done.SetResult(state.Snapshot);

    public override void Fail(Exception reason)
    {
        if (reason is OperationCanceledException canceled)
        {
            _done.SetCanceled(canceled.CancellationToken);
        }
        else
        {
            _done.SetException(reason);
        }
    }
}
