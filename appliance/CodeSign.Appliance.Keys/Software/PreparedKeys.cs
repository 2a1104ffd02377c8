using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>Prepared keys by id: bounded, forgotten when idle. Hits take no lock.</summary>
internal sealed class PreparedKeys : IDisposable
{
    private readonly ConcurrentDictionary<string, PreparedKey> _keys = new(StringComparer.Ordinal);
    private readonly Lock _changing = new();
    private readonly SoftwareOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private bool _closed;

    public PreparedKeys(SoftwareOptions options, TimeProvider time)
    {
        if (options.PreparedKeysMax < 1 || options.PreparedKeyIdle <= TimeSpan.Zero)
        {
            throw new ArgumentException("The cache of prepared keys needs room and time.", nameof(options));
        }

        _options = options;
        _time = time;
        TimeSpan interval = options.PreparedKeyIdle / 4;
        _sweep = time.CreateTimer(_ => DropIdle(), null, interval, interval);
    }

    public int Count => _keys.Count;

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>The prepared key, held for the caller, who releases it.</summary>
    public PreparedKey Hold(KeyReference reference)
    {
        if (!_keys.TryGetValue(reference.KeyId, out PreparedKey? key) || !key.TryHold())
        {
            key = Prepare(reference);
        }

        key.LastUse = _time.GetTimestamp();
        return key;
    }

    public void Forget(string keyId)
    {
        lock (_changing)
        {
            Drop(keyId);
        }
    }

    public void DropIdle()
    {
        lock (_changing)
        {
            foreach ((string keyId, PreparedKey key) in _keys)
            {
                if (_time.GetElapsedTime(key.LastUse) >= _options.PreparedKeyIdle)
                {
                    Drop(keyId);
                }
            }
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        lock (_changing)
        {
            _closed = true;
            foreach (string keyId in _keys.Keys)
            {
                Drop(keyId);
            }
        }
    }

    // One at a time: a key that many requests want at once is unsealed once.
    private PreparedKey Prepare(KeyReference reference)
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_keys.TryGetValue(reference.KeyId, out PreparedKey? present) && present.TryHold())
            {
                return present;
            }

            if (_keys.Count >= _options.PreparedKeysMax)
            {
                Drop(_keys.MinBy(entry => entry.Value.LastUse).Key);
            }

            PreparedKey made = Open(reference);
            made.LastUse = _time.GetTimestamp();
            _ = made.TryHold();
            _keys[reference.KeyId] = made;
            return made;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The prepared key frees it when its last holder lets go.")]
    private static PreparedKey Open(KeyReference reference)
    {
        if (reference.OpenPrivate is null)
        {
            throw new ArgumentException("A software key needs its private part.", nameof(reference));
        }

        using Custody.SecretBytes secret = reference.OpenPrivate();
        if (PostQuantumKey.Knows(reference.Algorithm))
        {
            return new PreparedPostQuantumKey(PostQuantumKey.FromPkcs8(secret.Span) ?? throw Unreadable());
        }

        return new PreparedLibcryptoKey(reference.Algorithm, PrivateKey.FromPkcs8(secret.Span) ?? throw Unreadable());
    }

    private static InvalidOperationException Unreadable() => new("A stored private key can't be read.");

    private void Drop(string keyId)
    {
        if (_keys.TryRemove(keyId, out PreparedKey? key))
        {
            key.Release();
        }
    }
}
