using System.Diagnostics.CodeAnalysis;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// Something a caller waits for. Answered once: by the device, its deadline or the caller's own giving up, whichever comes first;
/// a thread that is still on the device then goes on alone.
/// </summary>
internal abstract class HsmRequest
{
    /// <summary>Its place in the queue; owned by the queue, under its lock; null once a worker took it.</summary>
    public LinkedListNode<HsmRequest>? Place { get; set; }

    /// <summary>How long the device may take.</summary>
    public abstract TimeSpan Deadline { get; }

    public abstract bool IsAnswered { get; }

    public abstract void Run(HsmSession session);

    /// <summary>False when it was answered already.</summary>
    public abstract bool TryFail(Exception failure);

    /// <summary>False when it was answered already.</summary>
    public abstract bool TryCancel(CancellationToken cancel);
}

/// <param name="work">What to do on a session.</param>
/// <param name="undo">Takes back what was done for a caller who is gone; null where nothing stays behind.</param>
/// <param name="deadline">How long the device may take.</param>
/// <param name="goesOn">True where some microseconds of work follow: the worker does them, and nobody is woken for it.</param>
internal sealed class HsmRequest<T>(Func<HsmSession, T> work, Action<HsmSession, T>? undo, TimeSpan deadline, bool goesOn) : HsmRequest
{
    private readonly TaskCompletionSource<T> _answer =
        new(goesOn ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    public override TimeSpan Deadline => deadline;

    [SuppressMessage("Usage", "VSTHRD003", Justification = "Whoever completes it waits for nothing; no context to deadlock with.")]
    public Task<T> Answer => _answer.Task;

    public override bool IsAnswered => _answer.Task.IsCompleted;

    public override void Run(HsmSession session)
    {
        T result = work(session);
        if (!_answer.TrySetResult(result))
        {
            undo?.Invoke(session, result);
        }
    }

    public override bool TryFail(Exception failure) => _answer.TrySetException(failure);

    public override bool TryCancel(CancellationToken cancel) => _answer.TrySetCanceled(cancel);
}
