using BenchmarkDotNet.Attributes;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Store.Audit;

namespace CodeSign.Benchmarks;

/// <summary>Parts of a record, and what stands in the way of a start.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Keys = 10_000;

    private readonly LeafWriter _leaf = new();
    private readonly MerkleTree _tree = new();
    private readonly AuditEvent _event = SampleEvents.Sign(1);
    private readonly RecordPath _path = new("keys", "00112233445566778899aabbccddeeff", "secret");
    private readonly RootKey _root = RootKey.Create();
    private readonly byte[] _pkcs8 = new byte[138];
    private RecordSealer _sealer = null!;
    private byte[] _sealed = [];
    private string _folder = "";

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _sealer = new(_root);
        _sealed = _sealer.Seal(_path, _pkcs8);
        _folder = Directory.CreateTempSubdirectory("codesign-bench-").FullName;
        using SecretBytes content = SecretBytes.Random(KeyFileSeal.KeyBytesMin);
        using KeyFileSeal seal = new(content);
        using SecretBytes secret = new(_pkcs8);
        await using ApplianceStore store = ApplianceStore.Create(Database, _root, seal, TimeProvider.System);
        await store.CommitAsync(
            _ =>
            {
                StoreChange change = new();
                for (int i = 0; i < Keys; i++)
                {
                    change.Put(Key(i), secret);
                }

                return change;
            },
            CancellationToken.None);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _sealer.Dispose();
        _root.Dispose();
        _leaf.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Description = "leaf: JSON and hash")]
    public void Leaf()
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashBytes];
        MerkleTree.HashLeaf(_leaf.Write(1, 1_764_072_000_123, _event), hash);
        _tree.Append(hash);
    }

    [Benchmark(Description = "tree: root")]
    public byte[] Root() => _tree.Root();

    [Benchmark(Description = "record sealed")]
    public byte[] Seal() => _sealer.Seal(_path, _pkcs8);

    [Benchmark(Description = "record opened")]
    public int Open()
    {
        using SecretBytes plain = _sealer.Open(_path, _sealed);
        return plain.Length;
    }

    [Benchmark(Description = "store of 10,000 keys: open and verify")]
    public async Task<int> OpenStoreAsync()
    {
        await using ApplianceStore store = ApplianceStore.Open(Database, _root, TimeProvider.System);
        return store.Current.Keys.Count;
    }

    private string Database => Path.Combine(_folder, "codesign.db");

    private static KeyRecord Key(int number) => new()
    {
        Id = number.ToString("x32", System.Globalization.CultureInfo.InvariantCulture),
        EnvironmentId = (number % 1000).ToString("x32", System.Globalization.CultureInfo.InvariantCulture),
        Generation = (number / 1000) + 1,
        Algorithm = "p256",
        PublicKey = Convert.ToBase64String(new byte[91]),
        CkaId = number.ToString("x40", System.Globalization.CultureInfo.InvariantCulture),
        Chain = [Convert.ToBase64String(new byte[700]), Convert.ToBase64String(new byte[900])],
    };
}
