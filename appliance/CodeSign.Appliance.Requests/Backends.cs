using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests;

/// <summary>The key backends by the name an environment's storage gives, and key records as backends want them.</summary>
public sealed class Backends
{
    private readonly Dictionary<string, IKeyBackend> _byName;
    private readonly ApplianceStore _store;
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<KeyRecord, KeyReference> _references = [];
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<StoredObject, KeyReference> _objects = [];

    public Backends(ApplianceStore store, IEnumerable<IKeyBackend> backends)
    {
        _store = store;
        _byName = backends.ToDictionary(backend => backend.Name, StringComparer.Ordinal);
    }

    public IEnumerable<IKeyBackend> All => _byName.Values;

    internal IKeyBackend Of(SigningEnvironment environment) => Named(environment.Storage);

    internal IKeyBackend Named(string storage) => _byName.GetValueOrDefault(storage)
        ?? throw new FaultException(
            CKR.CKR_DEVICE_ERROR,
            "storage.unknown",
            $"Storage '{storage}' is not configured here; there is: {string.Join(", ", _byName.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Where a key lives that an application made.</summary>
    internal IKeyBackend Of(StoredObject made) => Named(made.Storage);

    /// <summary>The software backend, which is always there.</summary>
    internal SoftwareBackend Software => (SoftwareBackend)Named(SigningEnvironment.SoftwareStorage);

    internal KeyReference Reference(StoredObject key) =>
        _objects.GetValue(key, made => Operations.Objects.ObjectDoor.Reference(made, () => _store.OpenSecret(made)));

    internal KeyReference Reference(KeyRecord key) => _references.GetValue(key, made => new KeyReference(
        made.Id,
        KeyAlgorithm.Find(made.Algorithm) ?? throw new InvalidOperationException($"Key {made.Id} has no known algorithm."),
        Convert.FromBase64String(made.PublicKey),
        made.DeviceId is null ? null : Convert.FromHexString(made.DeviceId),
        made.DeviceId is null ? () => _store.OpenSecret(made) : null));
}
