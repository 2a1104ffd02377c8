using System.Text.RegularExpressions;

namespace CodeSign.Architecture.Tests;

/// <summary>An interface stands where two things really plug in, and nowhere else.</summary>
[TestClass]
public sealed partial class InterfaceTests
{
    // Reviewed: one implementation for now, each with its reason.
    private static readonly string[] OneForNow =
    [
        "ITransport",   // a second transport is decided (ARCHITECTURE.md)
    ];

    [TestMethod]
    public void Every_interface_has_more_than_one_implementation()
    {
        string[] sources = [.. SourceTree.ProductSources.Select(SourceTree.Read)];
        foreach (string name in sources.SelectMany(source => Declaration().Matches(source)).Select(match => match.Groups["name"].Value))
        {
            Regex implementation = new($@"(?:class|struct|record)\s[^{{;]*?:[^{{;]*\b{name}\b", RegexOptions.None, TimeSpan.FromSeconds(5));
            int count = sources.Sum(source => implementation.Count(source));

            Assert.IsTrue(
                count > 1 || OneForNow.Contains(name, StringComparer.Ordinal),
                $"{name} has {count} implementations: use the class, or list the interface with its reason.");
        }
    }

    [TestMethod]
    public void Every_exception_is_still_an_interface() => Assert.IsEmpty(OneForNow.Where(
        name => !SourceTree.ProductSources.Select(SourceTree.Read).Any(source => source.Contains($"interface {name}", StringComparison.Ordinal))));

    [GeneratedRegex(@"^\s*(?:public|internal)\s+(?:partial\s+)?interface\s+(?<name>\w+)", RegexOptions.Multiline, 1000)]
    private static partial Regex Declaration();
}
