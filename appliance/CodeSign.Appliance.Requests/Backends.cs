using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Keys;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests;

/// <summary>The key backends by the name an environment's storage gives, and key records as backends want them.</summary>
public sealed class Backends
{
    /// <summary>Waiting for their turn to have a key generated, in one project; more are refused.</summary>
    public const int GeneratingMax = 256;

    private readonly Dictionary<string, IKeyBackend> _byName;

    // One key at a time for each project, and the backends serve who came first: a project that wants hundreds delays another by one.
    private readonly Turns _generating = new(
        GeneratingMax,
        () => new FaultException(CKR.CKR_FUNCTION_FAILED, "key.busy", "Too many keys are being generated for this project; try again in a few seconds."));

    private readonly ApplianceStore _store;
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<KeyRecord, KeyReference> _references = [];
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<StoredObject, KeyReference> _objects = [];

    public Backends(ApplianceStore store, IEnumerable<IKeyBackend> backends)
    {
        _store = store;
        _byName = backends.ToDictionary(backend => backend.Name, StringComparer.Ordinal);
    }

    /// <summary>Has a key generated when its project's turn comes.</summary>
    internal async Task<T> GenerateInTurnAsync<T>(string projectId, Func<Task<T>> generate, CancellationToken cancel)
    {
        using IDisposable turn = await _generating.EnterAsync(projectId, cancel);
        return await generate();
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
