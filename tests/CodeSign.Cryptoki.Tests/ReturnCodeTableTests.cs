using CodeSign.Tests;

namespace CodeSign.Cryptoki.Tests;

[TestClass]
public sealed class ReturnCodeTableTests
{
    private const string Walk = "StateWalkTests";

    [TestMethod]
    public void Every_return_code_of_the_standard_has_one_row() =>
        Assert.AreSequenceEqual(Enum.GetValues<CKR>().Order(), ReturnCodeRow.All.Select(row => row.Code));

    [TestMethod]
    public void Every_row_has_a_test_or_a_reason()
    {
        foreach (ReturnCodeRow row in ReturnCodeRow.All)
        {
            Assert.AreNotEqual(row.Test is null, row.WhyNever is null, $"{row.Code}");
            Assert.IsTrue(row.WhyNever?.EndsWith('.') ?? true, $"{row.Code}: {row.WhyNever}");
        }
    }

    [TestMethod]
    public void Every_test_that_is_named_is_there()
    {
        foreach (string test in ReturnCodeRow.All.Select(row => row.Test).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            string[] names = test.Split('.');
            string source = File.ReadAllText(Repository.PathOf($"tests/CodeSign.P11.Tests/{names[0]}.cs"));
            int at = source.IndexOf($" {names[1]}(", StringComparison.Ordinal);

            Assert.IsGreaterThan(0, at, $"There is no test {test}.");
            Assert.Contains("[TestMethod]", source[source.LastIndexOf("\n\n", at, StringComparison.Ordinal)..at], test);
        }
    }

    [TestMethod]
    public void Every_code_of_the_walk_stands_in_its_matrix()
    {
        string matrix = File.ReadAllText(Repository.PathOf("tests/CodeSign.P11.Tests/state-matrix.txt"));
        foreach (ReturnCodeRow row in ReturnCodeRow.All.Where(row => row.Test?.StartsWith(Walk, StringComparison.Ordinal) == true))
        {
            Assert.Contains($"\n    {row.Code.ToString()["CKR_".Length..]} ", matrix);
        }
    }
}
