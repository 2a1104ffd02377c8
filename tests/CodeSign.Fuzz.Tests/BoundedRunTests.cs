using System.Globalization;

namespace CodeSign.Fuzz.Tests;

/// <summary>A bounded run of every target: so many inputs, from a fixed seed. eng/fuzz.sh goes on where this ends.</summary>
[TestClass]
public sealed class BoundedRunTests
{
    // Inputs, so that each takes a few seconds.
    private static readonly (string Target, int Executions)[] Budgets =
    [
        ("appliance-configuration", 30_000),
        ("certificates", 20_000),
        ("client-configuration", 10_000),
        ("digest-info", 30_000),
        ("dispatcher", 1_500),
        ("edwards-point", 30_000),
        ("key-import", 5_000),
        ("key-numbers", 1_000),
        ("leaves", 20_000),
        ("module", 50_000),
        ("object-rules", 8_000),
        ("pkcs12", 20_000),
        ("public-key", 30_000),
        ("request-frame", 50_000),
        ("response-frame", 50_000),
    ];

    public static IEnumerable<(string Target, int Executions)> Targets => Budgets;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Targets))]
    public async Task Neither_crash_nor_hang_nor_growth(string target, int executions)
    {
        string folder = Directory.CreateTempSubdirectory("codesign-fuzz-").FullName;
        string number = executions.ToString(CultureInfo.InvariantCulture);

        (int status, string said) = await Fuzzer.RunAsync("run", "--target", target, "--executions", number, "--corpus", Fuzzer.Corpus, "--out", folder);

        Assert.AreEqual(0, status, said);
        Assert.Contains($"{target}: {number} executions", said);
        Directory.Delete(folder, recursive: true);
    }

    [TestMethod]
    public async Task Every_target_has_a_budget()
    {
        (_, string names) = await Fuzzer.RunAsync("targets");

        Assert.AreSequenceEqual(
            Budgets.Select(row => row.Target).Order(StringComparer.Ordinal), names.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public async Task The_corpus_reaches_nine_tenths_of_the_lines_of_parsers_and_marshalling()
    {
        (int status, string said) = await Fuzzer.RunAsync("coverage", "--corpus", Fuzzer.Corpus);

        Assert.AreEqual(0, status, said);
    }

    [TestMethod]
    public void The_product_itself_has_no_probes()
    {
        string product = File.ReadAllText(Path.Combine(Fuzzer.ProductFolder, "CodeSign.Wire.dll"));
        string instrumented = File.ReadAllText(Path.Combine(Fuzzer.Folder, "CodeSign.Wire.dll"));

        Assert.DoesNotContain("CodeSign.Fuzz.Coverage", product);
        Assert.Contains("CodeSign.Fuzz.Coverage", instrumented);
    }
}
