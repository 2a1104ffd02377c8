using System.Net;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;

namespace CodeSign.Appliance.Store;

/// <summary>Remembers everything: governance, sealed secrets and the audit log, in one SQLite file.</summary>
public sealed class ApplianceStore : IAsyncDisposable
{
    private ApplianceStore()
    {
    }

    /// <summary>The latest durable state of governance.</summary>
    public Snapshot Current => throw new NotSupportedException();

    /// <summary>The latest durable head of the audit log.</summary>
    public AuditHead Head => throw new NotSupportedException();

    /// <summary>Makes a new database, readable by its owner alone. An existing file is refused.</summary>
    public static ApplianceStore Create(string path, RootKey root, ISeal seal, TimeProvider time) => throw new NotSupportedException();

    /// <summary>The protected root key, to be given to a seal before opening.</summary>
    public static byte[] ReadSeal(string path) => throw new NotSupportedException();

    /// <summary>Opens a database: migrates it, loads and verifies every row and the tail of the audit log.</summary>
    /// <exception cref="TamperedException">Something was changed by hand.</exception>
    /// <exception cref="StoreException">Missing, unreadable, or of a newer version.</exception>
    public static ApplianceStore Open(string path, RootKey root, TimeProvider time) => throw new NotSupportedException();

    /// <summary>
    /// Changes governance. <paramref name="build"/> runs on the writer's thread with the latest state; what it throws goes to the
    /// caller and nothing is written. The task ends when everything is durable, with the state after the change.
    /// </summary>
    public Task<Snapshot> CommitAsync(Func<Snapshot, StoreChange> build, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>
    /// Writes one audit record. If governance isn't at <paramref name="decidedOnGeneration"/> any more when it is written,
    /// <paramref name="reconsider"/> is asked first: null keeps the event, another event is written in its place.
    /// </summary>
    public ValueTask<Recorded> RecordAsync(AuditEvent e, long decidedOnGeneration, Func<Snapshot, AuditEvent?>? reconsider) =>
        throw new NotSupportedException();

    /// <summary>
    /// Counts a failure of a peer that hasn't authenticated: one record per address, reason and minute, with their number.
    /// </summary>
    public void CountAnonymousFailure(IPAddress address, string reason) => throw new NotSupportedException();

    /// <summary>What is sealed beside an entity. The caller disposes it.</summary>
    /// <exception cref="TamperedException">It was changed by hand.</exception>
    public SecretBytes OpenSecret(Entity entity) => throw new NotSupportedException();

    /// <summary>Stored leaves in order, each one line of JSON without its newline.</summary>
    public IReadOnlyList<byte[]> ReadLeaves(ulong fromSeq, int max) => throw new NotSupportedException();

    /// <summary>Verifies every row, every leaf and the whole tree, on the caller's thread.</summary>
    /// <param name="progress">Told now and then how many leaves were read.</param>
    /// <param name="cancel">Gives up.</param>
    public CheckReport Check(IProgress<ulong>? progress = null, CancellationToken cancel = default) => throw new NotSupportedException();

    /// <summary>Writes a consistent copy to a new file, readable by its owner alone. Its length in bytes.</summary>
    public long Backup(string path) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
