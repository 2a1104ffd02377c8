using BenchmarkDotNet.Attributes;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;

namespace CodeSign.Benchmarks;

/// <summary>One change of governance, in a store with many rows: the manifest must not make it slow.</summary>
public class ChangeBenchmarks
{
    private readonly RootKey _root = RootKey.Create();
    private ApplianceStore _store = null!;
    private string _folder = "";

    [Params(10, 10_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _folder = Directory.CreateTempSubdirectory("codesign-bench-").FullName;
        using SecretBytes content = SecretBytes.Random(KeyFileSeal.KeyBytesMin);
        using KeyFileSeal seal = new(content);
        _store = ApplianceStore.Create(Path.Combine(_folder, "codesign.db"), _root, seal, TimeProvider.System);
        await _store.CommitAsync(
            _ => Enumerable.Range(0, Rows).Aggregate(new StoreChange(), (change, i) => change.Put(new Pin { Id = $"p:{i}" })),
            CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _store.DisposeAsync();
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Description = "a PIN's failure counted")]
    public Task<Snapshot> CountAFailureAsync() => _store.CommitAsync(
        current => new StoreChange().Put(current.Pins["p:1"] with { Failures = current.Pins["p:1"].Failures + 1 }), CancellationToken.None);
}
