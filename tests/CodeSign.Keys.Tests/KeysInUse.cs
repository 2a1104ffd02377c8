using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys;
using CodeSign.Cryptoki;

namespace CodeSign.Keys.Tests;

/// <summary>A backend and one key of each algorithm in it, made when first wanted: RSA takes its time.</summary>
internal sealed class KeysInUse(IKeyBackend backend)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<KeyReference>>> _keys = new();
    private int _count;

    public IKeyBackend Backend => backend;

    [SuppressMessage("Usage", "VSTHRD011", Justification = "No synchronization context in tests.")]
    public Task<KeyReference> KeyAsync(KeyAlgorithm algorithm) =>
        _keys.GetOrAdd(algorithm.Name, _ => new Lazy<Task<KeyReference>>(() => NewKeyAsync(algorithm))).Value;

    public async Task<KeyReference> NewKeyAsync(KeyAlgorithm algorithm)
    {
        string keyId = $"{Interlocked.Increment(ref _count):x32}";
        NewKey made = await backend.GenerateAsync(algorithm, keyId, CancellationToken.None);
        return Reference(keyId, algorithm, made);
    }

    public Task<NewSecretKey> NewSecretAsync(SecretKeyMechanism mechanism, int bytes, SecretKeyUses uses) =>
        backend.GenerateSecretAsync(mechanism, bytes, uses, $"{Interlocked.Increment(ref _count):x32}", CancellationToken.None);

    public static KeyReference Reference(string keyId, KeyAlgorithm algorithm, NewKey key) => new(
        keyId, algorithm, key.PublicKeyInfo, key.DeviceId, key.Private is null ? null : () => new SecretBytes(key.Private.Span));
}
