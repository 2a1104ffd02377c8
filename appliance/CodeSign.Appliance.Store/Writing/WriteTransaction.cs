using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store.Audit;
using CodeSign.Appliance.Store.Schema;
using CodeSign.Appliance.Store.Sqlite;

namespace CodeSign.Appliance.Store.Writing;

/// <summary>
/// The state of everything as of the requests that were applied so far, ahead of what is durable. Either all of it is kept, or all of
/// it is taken back. The writer's thread only.
/// </summary>
internal sealed class WriteTransaction : IDisposable
{
    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly RowWriter _rows;
    private readonly RowMacs _macs;
    private readonly RecordSealer _sealer;
    private readonly Manifest _manifest;
    private readonly AuditAppender _audit;
    private StoreState _durable;
    private byte[] _durableManifestMac;
    private byte[] _manifestMac;
    private ImmutableDictionary<string, byte[]> _secretHashes;

    public WriteTransaction(
        Database database, RowMacs macs, RecordSealer sealer, Manifest manifest, AuditAppender audit, StoreState durable, byte[] manifestMac)
    {
        _database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rows = new(database);
        _macs = macs;
        _sealer = sealer;
        _manifest = manifest;
        _audit = audit;
        _durable = durable;
        _durableManifestMac = _manifestMac = manifestMac;
        _secretHashes = durable.SecretHashes;
        Snapshot = durable.Snapshot;
    }

    /// <summary>Governance after all changes so far.</summary>
    public Snapshot Snapshot { get; private set; }

    private bool HasChanged => Snapshot.Generation != _durable.Snapshot.Generation;

    public void Begin() => _begin.Run();

    public Recorded Record(AuditEvent e) => _audit.Append(e);

    /// <summary>Applies a change. What fails before the first row is written leaves everything as it was.</summary>
    public void Change(StoreChange change)
    {
        Snapshot next = Snapshot;
        List<Row> rows = [];
        foreach (StoreChange.Step step in change.Steps)
        {
            rows.Add(Prepare(step));
            next = step.Kind == StoreChange.StepKind.Remove ? next.Without(step.Entity) : next.With(step.Entity);
        }

        foreach (Row row in rows)
        {
            Write(row);
        }

        if (rows.Count > 0)
        {
            Snapshot = next with { Generation = Snapshot.Generation + 1 };
        }

        foreach (AuditEvent e in change.Events)
        {
            _audit.Append(e);
        }
    }

    /// <summary>Writes what ties the changes together. What will be durable after <see cref="Commit"/>.</summary>
    public StoreState Prepare()
    {
        if (!HasChanged && !_audit.HasNew)
        {
            return _durable;
        }

        AuditHead head = _audit.Head();
        if (HasChanged)
        {
            byte[] digest = _manifest.Digest();
            _manifestMac = _macs.Manifest(Snapshot.Generation, head, digest);
            _rows.PutManifest(Snapshot.Generation, head, digest, _manifestMac);
        }

        _rows.PutHead(head, Snapshot.Generation, _macs.Head(head, Snapshot.Generation, _manifestMac));
        return new(Snapshot, head, _audit.Segments, _secretHashes);
    }

    /// <summary>Makes what was prepared durable.</summary>
    public void Commit(StoreState prepared)
    {
        if (ReferenceEquals(prepared, _durable))
        {
            _database.Execute("ROLLBACK");
            return;
        }

        _commit.Run();
        _audit.Keep();
        _manifest.Keep();
        _durableManifestMac = _manifestMac;
        _durable = prepared;
    }

    /// <summary>Everything is as it was at the last commit.</summary>
    public void TakeBack()
    {
        _audit.TakeBack();
        _manifest.TakeBack();
        _manifestMac = _durableManifestMac;
        Snapshot = _durable.Snapshot;
        _secretHashes = _durable.SecretHashes;
        try
        {
            if (_database.InTransaction)
            {
                _database.Execute("ROLLBACK");
            }
        }
        catch (SqliteFailure)
        {
            // SQLite has rolled back by itself already, or will at the next BEGIN; the failure that led here is the one to tell.
        }
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _rows.Dispose();
        _audit.Dispose();
    }

    private Row Prepare(StoreChange.Step step)
    {
        string table = EntityTable.For(step.Entity).Name;
        string id = step.Entity.Id;
        if (step.Kind == StoreChange.StepKind.Remove)
        {
            return new(table, id, Body: null, Secret: null, SecretHash: null, Mac: null, KeepsSecret: false);
        }

        byte[] body = EntityTable.For(step.Entity).Serialize(step.Entity);
        bool keeps = step.Kind == StoreChange.StepKind.Put && step.Secret is null && _manifest.Find(table, id) is not null;
        byte[]? secret = step.Secret is null ? null : _sealer.Seal(new(table, id, EntityTable.SecretColumn), step.Secret.Span);
        byte[]? secretHash = secret is null ? null : SHA256.HashData(secret);
        if (keeps)
        {
            secretHash = _secretHashes.GetValueOrDefault(StoreState.SecretKey(table, id));
        }

        return new(table, id, body, secret, secretHash, _macs.Row(table, id, body, secretHash), keeps);
    }

    private void Write(in Row row)
    {
        if (row.Body is null || row.Mac is null)
        {
            _rows.Remove(row.Table, row.Id);
        }
        else if (row.KeepsSecret)
        {
            _rows.PutBody(row.Table, row.Id, row.Body, row.Mac);
        }
        else
        {
            _rows.Put(row.Table, row.Id, row.Body, row.Secret, row.Mac);
        }

        _manifest.Set(row.Table, row.Id, row.Mac);
        string key = StoreState.SecretKey(row.Table, row.Id);
        _secretHashes = row.SecretHash is null ? _secretHashes.Remove(key) : _secretHashes.SetItem(key, row.SecretHash);
    }

    private readonly record struct Row(
        string Table, string Id, byte[]? Body, byte[]? Secret, byte[]? SecretHash, byte[]? Mac, bool KeepsSecret);
}
