namespace CodeSign.Fuzz.Tests;

/// <summary>Bugs made on purpose: a driver that doesn't find these finds nothing else either.</summary>
[TestClass]
public sealed class PlantedBugTests
{
    // Inputs of one target's bounded run; counted, because time depends on the machine.
    private const string Executions = "250000";

    [TestMethod]
    [DataRow("planted-bounds", "AccessViolationException")]
    [DataRow("planted-hang", "hang: ")]
    [DataRow("planted-growth", "growth: ")]
    [DataRow("planted-nesting", "Stack overflow")]
    public async Task A_planted_bug_is_found_and_its_file_repeats_it(string target, string kind)
    {
        string folder = Directory.CreateTempSubdirectory("codesign-fuzz-").FullName;

        (int status, string said) = await RunAsync(folder, target);

        Assert.AreEqual(1, status, said);
        string crash = Assert.ContainsSingle(Directory.GetFiles(Path.Combine(folder, target), "crash-*").Where(path => !path.EndsWith(".txt", StringComparison.Ordinal)));
        string note = await File.ReadAllTextAsync(crash + ".txt", CancellationToken.None);
        Assert.Contains(kind, note);
        Assert.Contains($"eng/fuzz.sh --target {target} --replay {crash}\n", note);
        if (kind.StartsWith("Acc", StringComparison.Ordinal) || kind.StartsWith("Stack", StringComparison.Ordinal))
        {
            Assert.AreNotEqual(0, (await Fuzzer.RunAsync("replay", "--target", target, crash)).Status);
        }

        Directory.Delete(folder, recursive: true);
    }

    [TestMethod]
    public async Task Without_coverage_the_same_number_of_inputs_finds_nothing()
    {
        string folder = Directory.CreateTempSubdirectory("codesign-fuzz-").FullName;

        (int status, string said) = await RunAsync(folder, "planted-bounds", "--blind");

        Assert.AreEqual(0, status, said);
        Directory.Delete(folder, recursive: true);
    }

    private static Task<(int Status, string Said)> RunAsync(string folder, string target, params string[] more) =>
        Fuzzer.RunAsync(["run", "--target", target, "--executions", Executions, "--corpus", Fuzzer.Corpus, "--out", folder, .. more]);
}
