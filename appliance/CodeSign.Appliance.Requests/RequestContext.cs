using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire.Framing;

namespace CodeSign.Appliance.Requests;

/// <summary>One admitted request on its way: who asks, on which state of governance, in which project, and what it has recorded.</summary>
internal sealed class RequestContext(
    ApplianceStore store, Session session, Operation operation, RequestFrame frame, DateTimeOffset now, CancellationToken cancel)
{
    public Session Session { get; } = session;

    public Operation Operation { get; } = operation;

    public RequestFrame Frame { get; } = frame;

    public DateTimeOffset Now { get; } = now;

    public CancellationToken Cancel { get; } = cancel;

    /// <summary>The state of governance the request is decided on.</summary>
    public Snapshot Snapshot { get; init; } = store.Current;

    /// <summary>Who asked when the request came in, or null: a later change of the connection's caller doesn't reach it.</summary>
    public Caller? KnownCaller { get; } = session.Caller;

    /// <summary>Who asks. Only hello runs without one.</summary>
    public Caller Caller => KnownCaller ?? throw new InvalidOperationException("Nobody is authenticated.");

    /// <summary>The project the request names, where the operation's row says it names one.</summary>
    public Project? NamedProject { get; set; }

    /// <summary>The project the request names.</summary>
    public Project Project => NamedProject ?? throw new InvalidOperationException("The operation names no project.");

    /// <summary>True once something was recorded for this request.</summary>
    public bool Recorded { get; private set; }

    /// <summary>What the answer carries in its secret field; disposed once it is written.</summary>
    public SecretBytes? ReplySecret { get; set; }

    /// <summary>What a refusal's record says beyond who and where: the use of a key that was asked for.</summary>
    public AuditEvent? RefusedUse { get; set; }

    public int SecretCount => Frame.Secrets.Count;

    /// <summary>A secret of the request, copied into memory of its own; the caller disposes it.</summary>
    public SecretBytes TakeSecret(int index, string what)
    {
        if (index >= Frame.Secrets.Count)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "request.secret_missing", $"The request carries no {what}.");
        }

        return new SecretBytes(Frame.Secrets[index].Span);
    }

    /// <summary>The start of an audit event: who, where, what.</summary>
    public AuditEvent Event(string outcome = "ok") => new()
    {
        Event = Operation.EventName,
        Actor = KnownCaller?.Name ?? "",
        Project = NamedProject?.Name,
        Address = Session.Remote,
        Outcome = outcome,
    };

    /// <summary>The latest state of governance, where what it was decided on may be old.</summary>
    public Snapshot StoreSnapshot() => store.Current;

    /// <summary>Writes down what is about to be done outside the store; the outcome's record is still to come.</summary>
    public async ValueTask RecordIntentAsync(AuditEvent e) =>
        await store.RecordAsync(e with { Event = Operation.EventName + ".intent" }, Snapshot.Generation, null);

    /// <summary>
    /// Awaits work whose outcome will be recorded next, and lets the store know where it takes its time: commits are grouped by that.
    /// </summary>
    public async ValueTask<T> WorkForRecordAsync<T>(ValueTask<T> work)
    {
        if (work.IsCompleted)
        {
            return await work;
        }

        store.RecordComes();
        try
        {
            return await work;
        }
        finally
        {
            store.WorkEnded();
        }
    }

    /// <summary>Writes one record; durable when the task ends.</summary>
    /// <param name="e">The event.</param>
    /// <param name="reconsider">Decides again when governance has changed meanwhile; null keeps the event.</param>
    /// <param name="onlyAnswers">True where nothing but a quick answer follows: it runs on the thread that writes.</param>
    public async ValueTask<Recorded> RecordAsync(AuditEvent e, Func<Snapshot, AuditEvent?>? reconsider = null, bool onlyAnswers = false)
    {
        Recorded recorded = await store.RecordAsync(e, Snapshot.Generation, reconsider, onlyAnswers);
        Recorded = true;
        return recorded;
    }

    /// <summary>
    /// Changes governance and records it, all or nothing. <paramref name="build"/> runs on the latest state, after the caller's right
    /// was asked for again on that state; it throws <see cref="FaultException"/> to refuse.
    /// </summary>
    /// <param name="build">The change.</param>
    /// <param name="evenIfGone">True for what must be written though the peer has gone meanwhile.</param>
    public async ValueTask<Snapshot> ChangeAsync(Func<Snapshot, StoreChange> build, bool evenIfGone = false)
    {
        Snapshot after = await store.CommitAsync(
            latest =>
            {
                Admission admission = Admission.Decide(this, latest, NamedProject?.Id);
                return admission.IsAllowed ? build(latest) : throw admission.ToFault();
            },
            evenIfGone ? CancellationToken.None : Cancel);
        Recorded = true;
        return after;
    }
}
