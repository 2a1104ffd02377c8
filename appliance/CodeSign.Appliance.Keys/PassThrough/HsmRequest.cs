using System.Diagnostics.CodeAnalysis;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// Something a caller waits for. Answered once: by the device, its deadline or the caller's own giving up, whichever comes first;
/// a thread that is still on the device then goes on alone.
/// </summary>
internal abstract class HsmRequest
{
    /// <summary>How long the device may take, the wait for it included.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>When it was asked, as a timestamp of the queue's clock.</summary>
    public required long Since { get; init; }

    /// <summary>Cancelled when the caller gives up.</summary>
    public required CancellationToken Cancel { get; init; }

    public abstract bool IsAnswered { get; }

    public abstract void Run(HsmSession session);

    /// <summary>False when it was answered already.</summary>
    public abstract bool TryFail(Exception failure);

    /// <summary>False when it was answered already.</summary>
    public abstract bool TryCancel();
}

/// <param name="work">What to do on a session.</param>
/// <param name="undo">Takes back what was done for a caller who is gone; null where nothing stays behind.</param>
/// <param name="goesOn">True where some microseconds of work follow: the worker does them, and nobody is woken for it.</param>
internal sealed class HsmRequest<T>(Func<HsmSession, T> work, Action<HsmSession, T>? undo, bool goesOn) : HsmRequest
{
    private readonly TaskCompletionSource<T> _answer =
        new(goesOn ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

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

    public override bool TryCancel() => _answer.TrySetCanceled(Cancel);
}
