using CodeSign.Fuzz.Planted;

namespace CodeSign.Fuzz.Targets;

/// <summary>Every target by its name.</summary>
internal static class TargetList
{
    private static readonly SortedDictionary<string, Func<Target>> All = new(StringComparer.Ordinal)
    {
        ["appliance-configuration"] = () => new ApplianceConfigurationTarget(),
        ["certificates"] = () => new CertificateTarget(),
        ["client-configuration"] = () => new ClientConfigurationTarget(),
        ["digest-info"] = () => new DigestInfoTarget(),
        ["dispatcher"] = () => new DispatcherTarget(),
        ["edwards-point"] = () => new EdwardsPointTarget(),
        ["key-import"] = () => new KeyImportTarget(),
        ["key-numbers"] = () => new KeyNumbersTarget(),
        ["leaves"] = () => new LeafTarget(),
        ["module"] = () => new ModuleTarget(),
        ["object-rules"] = () => new ObjectRulesTarget(),
        ["pkcs12"] = () => new Pkcs12Target(),
        ["public-key"] = () => new PublicKeyTarget(),
        ["request-frame"] = () => new RequestFrameTarget(),
        ["response-frame"] = () => new ResponseFrameTarget(),
    };

    // Found by the tests of the driver itself, and by nothing else.
    private static readonly SortedDictionary<string, Func<Target>> Planted = new(StringComparer.Ordinal)
    {
        ["planted-bounds"] = () => new PlantedTarget("planted-bounds", PlantedBugs.ReadBeyond),
        ["planted-hang"] = () => new PlantedTarget("planted-hang", PlantedBugs.Loop),
        ["planted-growth"] = () => new PlantedTarget("planted-growth", PlantedBugs.Grow),
        ["planted-nesting"] = () => new PlantedTarget("planted-nesting", PlantedBugs.Nest),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static bool Has(string name) => All.ContainsKey(name) || Planted.ContainsKey(name);

    public static IEnumerable<string> Chosen(string? name) => name is null ? Names : [name];

    /// <summary>How much of a long run's time it gets.</summary>
    public static int WeightOf(string name) => name is "dispatcher" or "module" ? 4 : 1;

    public static Target Create(string name) => All.TryGetValue(name, out Func<Target>? create) ? create() : Planted[name]();
}
