using System.Text.RegularExpressions;

namespace CodeSign.Architecture.Tests;

/// <summary>What things are called, how long they get, and what never stands in a file.</summary>
[TestClass]
public sealed partial class WordTests
{
    private const int LinesMax = 400;

    // Reviewed: names that are a standard's own, and tables longer than a file should be.
    private static readonly string[] NamesAllowed =
    [
        "DigestInfo",   // RFC 8017 section 9.2
    ];

    private static readonly string[] LongFiles =
    [
        "wire-protocol/CodeSign.Cryptoki/CKM.cs",   // one line per mechanism of the standard
    ];

    private static readonly string[] NotForOthers = ["tests/CodeSign.Architecture.Tests/WordTests.cs"];

    [TestMethod]
    public void No_type_is_called_after_nothing_in_particular()
    {
        foreach (string path in SourceTree.Sources)
        {
            foreach (Match type in TypeName().Matches(SourceTree.Read(path)))
            {
                string name = type.Groups["name"].Value;

                Assert.IsTrue(
                    !EmptyWord().IsMatch(name) || NamesAllowed.Contains(name, StringComparer.Ordinal),
                    $"{path}: {name}. Use the noun, or make it a method where it belongs.");
            }
        }
    }

    [TestMethod]
    public void No_file_is_longer_than_a_reader_likes()
    {
        foreach (string path in SourceTree.Sources.Except(LongFiles, StringComparer.Ordinal))
        {
            Assert.IsLessThanOrEqualTo(LinesMax, SourceTree.ReadLines(path).Length, $"{path}: split it by what it knows.");
        }
    }

    [TestMethod]
    public void Every_long_file_is_still_there_and_long() =>
        Assert.IsEmpty(LongFiles.Where(path => !SourceTree.Files.Contains(path, StringComparer.Ordinal) || SourceTree.ReadLines(path).Length <= LinesMax));

    [TestMethod]
    public void No_file_names_a_registry_or_somebodys_folder()
    {
        foreach (string path in SourceTree.Files.Except(NotForOthers, StringComparer.Ordinal).Where(IsText))
        {
            Match found = Places().Match(SourceTree.Read(path));

            Assert.IsFalse(found.Success, $"{path} says {found.Value}: the repository speaks of the product alone.");
        }
    }

    [TestMethod]
    public void No_method_starts_a_region() =>
        Assert.IsEmpty(SourceTree.Sources.Where(path => SourceTree.ReadLines(path).Any(line => line.TrimStart().StartsWith("#region", StringComparison.Ordinal))));

    private static bool IsText(string path) => !path.StartsWith("fixtures/", StringComparison.Ordinal)
        && Path.GetExtension(path) is not (".bin" or ".png" or ".jar" or ".exe" or ".msi" or ".pdf");

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|file|static|sealed|abstract|partial|readonly|ref|unsafe)\s+)*(?:class|record(?:\s+(?:class|struct))?|struct|interface|enum)\s+(?<name>\w+)", RegexOptions.Multiline, 1000)]
    private static partial Regex TypeName();

    [GeneratedRegex("(?:Manager|Helpers?|Utils?|Utility|Impl|Base|Info|Data|Service|Processor|Common)$", RegexOptions.None, 1000)]
    private static partial Regex EmptyWord();

    [GeneratedRegex(@"/home/[a-z]\w*/|/Users/[a-zA-Z]\w*/|[A-Z]:\\Users\\|https?://[\w.-]*(?:nuget|npm|pypi|crates|debian)[\w-]*[.](?:org|io|com)", RegexOptions.None, 5000)]
    private static partial Regex Places();
}
