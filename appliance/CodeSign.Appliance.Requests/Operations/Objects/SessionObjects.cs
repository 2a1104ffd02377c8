using System.Collections.Concurrent;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// Session objects with secrets (CKA_TOKEN false): in this node's memory and nowhere else, each belonging to one application of one
/// identity. They end with the application: when it says so, or when nothing was heard of it for long.
/// </summary>
internal sealed class SessionObjects : IDisposable
{
    /// <summary>Session objects of one application.</summary>
    public const int EachMax = 1_000;

    /// <summary>Session objects of all applications of one identity.</summary>
    public const int IdentityMax = 10_000;

    /// <summary>Bytes of their attributes together.</summary>
    public const long IdentityBytesMax = 8 * 1024 * 1024;

    /// <summary>How long an application lives of which nothing is heard.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromHours(12);

    private static readonly TimeSpan SweepEvery = IdleMax / 48;

    private readonly ConcurrentDictionary<(string Identity, string Application), Application> _applications = new();

    // One at a time: adding counts what an identity has altogether.
    private readonly Lock _adding = new();
    private readonly TimeProvider _time;
    private readonly Action<StoredObject> _forget;
    private readonly ITimer _sweep;

    /// <param name="time">Tells how long an application has been silent.</param>
    /// <param name="forget">Called for each object that has ended.</param>
    public SessionObjects(TimeProvider time, Action<StoredObject> forget)
    {
        _time = time;
        _forget = forget;
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    /// <summary>The application a request names, or null where it names none.</summary>
    /// <exception cref="FaultException">The name isn't as long as names are.</exception>
    public static string? ApplicationOf(ByteString named) => named.Length switch
    {
        0 => null,
        ProtocolLimits.ApplicationIdBytes => Convert.ToHexStringLower(named.Span),
        _ => throw new FaultException(
            CKR.CKR_ARGUMENTS_BAD, "application.id", $"An application's id has {ProtocolLimits.ApplicationIdBytes} bytes."),
    };

    /// <summary>
    /// Takes places for an application's objects, all or none, and their secrets over. Nobody finds the objects until the places are kept.
    /// </summary>
    public Places Take(string identityId, string? application, IReadOnlyList<(StoredObject Made, SecretBytes Secret)> objects)
    {
        if (objects.Count == 0)
        {
            return new Places(this, identityId, "", []);
        }

        lock (_adding)
        {
            string owner = application!;
            try
            {
                RequireRoomLocked(identityId, owner, objects.Count, objects.Sum(entry => entry.Made.Bytes));
            }
            catch
            {
                foreach ((_, SecretBytes secret) in objects)
                {
                    secret.Dispose();
                }

                throw;
            }

            Application known = _applications.GetOrAdd((identityId, owner), _ => new Application());
            known.LastHeard = _time.GetTimestamp();
            Entry[] taken = [.. objects.Select(entry => new Entry(entry.Made, entry.Secret))];
            foreach (Entry entry in taken)
            {
                known.Objects[entry.Record.Id] = entry;
            }

            return new Places(this, identityId, owner, taken);
        }
    }

    /// <summary>Refuses where there is no place for so much more now.</summary>
    public void RequireRoom(string identityId, string application, int more, long bytes)
    {
        lock (_adding)
        {
            RequireRoomLocked(identityId, application, more, bytes);
        }
    }

    private void RequireRoomLocked(string identityId, string application, int more, long moreBytes)
    {
        int present = _applications.TryGetValue((identityId, application), out Application? known) ? known.Objects.Count : 0;
        (int count, long bytes) = SumOf(identityId);
        if (present + more > EachMax || count + more > IdentityMax || bytes + moreBytes > IdentityBytesMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY,
                "session_objects.too_many",
                $"An application has at most {EachMax} session objects with secrets, a user {IdentityBytesMax >> 20} MiB of them; destroy some.");
        }
    }

    /// <summary>An object of an application in a project; null where there is none such.</summary>
    public Entry? Find(string identityId, string? application, string recordId, string projectId)
    {
        if (application is null || !_applications.TryGetValue((identityId, application), out Application? owner))
        {
            return null;
        }

        owner.LastHeard = _time.GetTimestamp();
        return owner.Objects.GetValueOrDefault(recordId) is { IsKept: true } found && string.Equals(found.Record.ProjectId, projectId, StringComparison.Ordinal)
            ? found
            : null;
    }

    public IEnumerable<StoredObject> Of(string identityId, string? application, string projectId)
    {
        if (application is null || !_applications.TryGetValue((identityId, application), out Application? owner))
        {
            return [];
        }

        owner.LastHeard = _time.GetTimestamp();
        return owner.Objects.Values.Where(entry => entry.IsKept).Select(entry => entry.Record).Where(record => string.Equals(record.ProjectId, projectId, StringComparison.Ordinal));
    }

    public bool Remove(string identityId, string application, string recordId)
    {
        if (!_applications.TryGetValue((identityId, application), out Application? owner) || !owner.Objects.TryRemove(recordId, out Entry? gone))
        {
            return false;
        }

        Forget(gone);
        lock (_adding)
        {
            // Names of applications cost nothing to draw: none is kept for its own sake.
            if (owner.Objects.IsEmpty)
            {
                _applications.TryRemove((identityId, application), out _);
            }
        }

        return true;
    }

    /// <summary>Ends an application's objects, in one project or all.</summary>
    public void End(string identityId, string application, string? projectId)
    {
        if (!_applications.TryGetValue((identityId, application), out Application? owner))
        {
            return;
        }

        foreach ((string id, Entry entry) in owner.Objects)
        {
            if (projectId is null || string.Equals(entry.Record.ProjectId, projectId, StringComparison.Ordinal))
            {
                Remove(identityId, application, id);
            }
        }
    }

    /// <summary>Ends every application's objects in a project.</summary>
    public void EndProject(string projectId)
    {
        foreach ((string identity, string application) in _applications.Keys)
        {
            End(identity, application, projectId);
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        foreach ((string identity, string application) in _applications.Keys)
        {
            End(identity, application, projectId: null);
        }
    }

    private (int Count, long Bytes) SumOf(string identityId)
    {
        int count = 0;
        long bytes = 0;
        foreach (((string identity, _), Application owner) in _applications)
        {
            if (string.Equals(identity, identityId, StringComparison.Ordinal))
            {
                count += owner.Objects.Count;
                bytes += owner.Objects.Values.Sum(entry => entry.Record.Bytes);
            }
        }

        return (count, bytes);
    }

    private void Sweep()
    {
        foreach (((string identity, string application), Application owner) in _applications)
        {
            if (_time.GetElapsedTime(owner.LastHeard) > IdleMax)
            {
                End(identity, application, projectId: null);
            }
        }
    }

    private void Forget(Entry gone)
    {
        gone.Dispose();
        _forget(gone.Record);
    }

    /// <summary>Places for objects that are being made; given back when disposed, unless they were kept.</summary>
    internal sealed class Places(SessionObjects session, string identityId, string application, Entry[] taken) : IDisposable
    {
        public void Keep()
        {
            foreach (Entry entry in taken)
            {
                entry.IsKept = true;
            }
        }

        public void Dispose()
        {
            foreach (Entry entry in taken.Where(entry => !entry.IsKept))
            {
                session.Remove(identityId, application, entry.Record.Id);
            }
        }
    }

    /// <summary>One object.</summary>
    internal sealed class Entry(StoredObject record, SecretBytes? secret) : IDisposable
    {
        private readonly Lock _gate = new();
        private StoredObject _record = record;
        private SecretBytes? _secret = secret;
        private volatile bool _isKept;

        /// <summary>False while it is being made.</summary>
        public bool IsKept
        {
            get => _isKept;
            set => _isKept = value;
        }

        /// <summary>Its attributes as they are now.</summary>
        public StoredObject Record => Volatile.Read(ref _record);

        /// <summary>
        /// A copy of what a token object has sealed in the store: PKCS#8 of a private key, the bytes of a secret one. The caller disposes it.
        /// </summary>
        /// <exception cref="FaultException">object.unknown: it was destroyed meanwhile.</exception>
        public SecretBytes CopySecret()
        {
            lock (_gate)
            {
                return new SecretBytes((_secret ?? throw ObjectDoor.Unknown()).Span);
            }
        }

        /// <summary>False where it is another by now.</summary>
        public bool TryChange(StoredObject old, StoredObject changed) => ReferenceEquals(Interlocked.CompareExchange(ref _record, changed, old), old);

        public void Dispose()
        {
            lock (_gate)
            {
                _secret?.Dispose();
                _secret = null;
            }
        }
    }

    private sealed class Application
    {
        private long _lastHeard;

        public ConcurrentDictionary<string, Entry> Objects { get; } = new(StringComparer.Ordinal);

        public long LastHeard
        {
            get => Interlocked.Read(ref _lastHeard);
            set => Interlocked.Exchange(ref _lastHeard, value);
        }
    }
}
