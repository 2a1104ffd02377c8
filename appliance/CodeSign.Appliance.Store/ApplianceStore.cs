using System.Net;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;
using CodeSign.Appliance.Store.Verification;
using CodeSign.Appliance.Store.Writing;

namespace CodeSign.Appliance.Store;

/// <summary>
/// Remembers everything: governance, sealed secrets and the audit log, in one SQLite file. All of governance lives in memory as the
/// snapshot; the file is written by one thread. Safe for many threads. The caller holds the <see cref="DataFolderLock"/>.
/// </summary>
public sealed class ApplianceStore : IAsyncDisposable
{
    private readonly string _path;
    private readonly Migrations _migrations;
    private readonly RowMacs _macs;
    private readonly RecordSealer _sealer;
    private readonly Database _writing;
    private readonly StoreReader _reader;
    private readonly StoreWriter _writer;
    private readonly AnonymousFailures _anonymous;
    private int _disposed;

    internal ApplianceStore(OpenedStore opened, RootKey root, TimeProvider time)
    {
        _path = opened.Path;
        _migrations = opened.Migrations;
        _macs = opened.Macs;
        _sealer = new(root);
        _writing = opened.Database;
        ApplianceId = opened.ApplianceId;
        AuditAppender audit = new(_writing, time, opened.Audit.Tree, opened.Audit.Segments, opened.Audit.LastMilliseconds);
        StoreState state = new(opened.Rows.Snapshot, opened.Audit.Head, opened.Audit.Segments, opened.Rows.SecretHashes);
        _writer = new(
            _path, new(_writing, _macs, _sealer, opened.Rows.Manifest, audit, state, opened.Rows.ManifestMac), state);
        _reader = new(_path, _sealer);
        _anonymous = new(time, e => RecordAsync(e, 0, null).AsTask());
    }

    /// <summary>Random, made with the database: 16 hex digits.</summary>
    public string ApplianceId { get; }

    /// <summary>The latest durable state of governance.</summary>
    public Snapshot Current => _writer.State.Snapshot;

    /// <summary>The latest durable head of the audit log.</summary>
    public AuditHead Head => _writer.State.Head;

    internal (long Commits, long Requests) Written => _writer.Written;

    /// <summary>Makes a new database, readable by its owner alone. An existing file is refused.</summary>
    /// <exception cref="StoreException">It exists, or can't be made.</exception>
    public static ApplianceStore Create(string path, RootKey root, ISeal seal, TimeProvider time) =>
        new(OpenedStore.Create(path, root, seal, Migrations.BuiltIn), root, time);

    /// <summary>The protected root key, to be given to a seal before opening.</summary>
    /// <exception cref="StoreException">The file is missing, can't be read, or is no database of ours.</exception>
    public static byte[] ReadSeal(string path) => OpenedStore.ReadSeal(path);

    /// <summary>Opens a database: migrates it, loads and verifies every row and the tail of the audit log.</summary>
    /// <exception cref="TamperedException">Something was changed by hand.</exception>
    /// <exception cref="StoreException">Missing, unreadable, read-only, or of a newer version.</exception>
    public static ApplianceStore Open(string path, RootKey root, TimeProvider time) =>
        new(OpenedStore.Open(path, root, Migrations.BuiltIn), root, time);

    /// <summary>
    /// Changes governance. <paramref name="build"/> runs on the writer's thread with the latest state; what it throws goes to the
    /// caller and nothing is written. The task ends when everything is durable, with the state after the change (others may have
    /// changed it further by then).
    /// </summary>
    /// <exception cref="CodeSign.Cryptoki.FaultException">The disk is full, read-only or failing; nothing was changed.</exception>
    public Task<Snapshot> CommitAsync(Func<Snapshot, StoreChange> build, CancellationToken cancel)
    {
        CommitRequest request = new(build, cancel);
        _writer.Enqueue(request);
        return request.Done;
    }

    /// <summary>Somebody is at work whose outcome will be recorded, until <see cref="WorkEnded"/>: commits are grouped by it.</summary>
    public void RecordComes() => _writer.RecordComes();

    /// <summary>The work is done: its record is next, or there will be none.</summary>
    public void WorkEnded() => _writer.WorkEnded();

    /// <summary>
    /// Writes one audit record. If governance isn't at <paramref name="decidedOnGeneration"/> any more when it is written,
    /// <paramref name="reconsider"/> is asked first, on the writer's thread: null keeps the event, another event is written in its
    /// place; what it throws goes to the caller and nothing is written. The task ends when the record is durable.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="decidedOnGeneration">The state of governance it was decided on.</param>
    /// <param name="reconsider">Decides again on a later state.</param>
    /// <param name="onlyAnswers">
    /// True where nothing follows the record but an answer of some microseconds: the writer's thread runs it, and nobody is woken for it.
    /// </param>
    /// <exception cref="CodeSign.Cryptoki.FaultException">The disk is full, read-only or failing; nothing was recorded.</exception>
    public ValueTask<Recorded> RecordAsync(
        AuditEvent e, long decidedOnGeneration, Func<Snapshot, AuditEvent?>? reconsider, bool onlyAnswers = false)
    {
        RecordRequest request = new(e, decidedOnGeneration, reconsider, onlyAnswers);
        _writer.Enqueue(request);
        return new(request.Done);
    }

    /// <summary>
    /// Counts a failure of a peer that hasn't authenticated: one record per address, reason and minute, with their number
    /// (<c>authentication.failed</c>), written when the minute is over.
    /// </summary>
    public void CountAnonymousFailure(IPAddress address, string reason) => _anonymous.Count(address, reason);

    /// <summary>What is sealed beside an entity. The caller disposes it.</summary>
    /// <exception cref="TamperedException">It was changed by hand.</exception>
    /// <exception cref="InvalidOperationException">Nothing is.</exception>
    public SecretBytes OpenSecret(Entity entity) => _reader.OpenSecret(entity, _writer);

    /// <summary>Whether something is sealed beside an entity.</summary>
    public bool HasSecret(Entity entity) =>
        _writer.State.SecretHashes.ContainsKey(StoreState.SecretKey(EntityTable.For(entity).Name, entity.Id));

    /// <summary>
    /// Stored leaves in order, each one line of JSON without its newline. Fewer than asked for at the end of the log and where
    /// <paramref name="bytesMax"/> would be exceeded, but at least one while there is one.
    /// </summary>
    /// <exception cref="TamperedException">One was changed by hand.</exception>
    public IReadOnlyList<byte[]> ReadLeaves(ulong fromSeq, int max, int bytesMax = int.MaxValue) =>
        _reader.ReadLeaves(_writer.State, fromSeq, max, bytesMax);

    /// <summary>The number of the first record at or after this time; the log's size when there is none.</summary>
    public ulong FirstSeqSince(DateTimeOffset time) => _reader.FirstSince(_writer.State, time);

    /// <summary>Verifies every row, every leaf and the whole tree, on the caller's thread; others go on meanwhile.</summary>
    /// <param name="progress">Told now and then how many leaves were read.</param>
    /// <param name="cancel">Gives up.</param>
    public CheckReport Check(IProgress<ulong>? progress = null, CancellationToken cancel = default) =>
        StoreCheck.Run(_path, _macs, _migrations, progress, cancel);

    /// <summary>Writes a consistent copy to a new file, readable by its owner alone. Its length in bytes.</summary>
    /// <exception cref="CodeSign.Cryptoki.FaultException">The file exists, or can't be written.</exception>
    public long Backup(string path) => StoreBackup.Write(_path, path);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _anonymous.Dispose();
        await _anonymous.FlushAsync();
        await _writer.DisposeAsync();
        _reader.Dispose();
        _writing.Dispose();
        _macs.Dispose();
        _sealer.Dispose();
    }
}
