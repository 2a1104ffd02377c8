using System.Text.RegularExpressions;
using CodeSign.Tests;

namespace CodeSign.Architecture.Tests;

/// <summary>Documents name what is there.</summary>
[TestClass]
public sealed partial class DocumentTests
{
    public static IEnumerable<string> Documents => SourceTree.Files.Where(path => path is "ARCHITECTURE.md" or "SECURITY.md" or "README.md");

    [TestMethod]
    [DynamicData(nameof(Documents))]
    public void Every_path_it_names_is_there(string document)
    {
        HashSet<string?> names = [.. SourceTree.Files.Select(Path.GetFileName)];
        foreach (string path in Quoted().Matches(SourceTree.Read(document)).Select(match => match.Groups["path"].Value).Where(LooksLikeAPath))
        {
            bool isThere = path.Contains('/', StringComparison.Ordinal)
                ? File.Exists(Repository.PathOf(path)) || Directory.Exists(Repository.PathOf(path))
                : names.Contains(path);

            Assert.IsTrue(isThere, $"{document} names {path}, which is not there.");
        }
    }

    [TestMethod]
    public void The_architecture_names_files() => Assert.IsGreaterThan(
        20, Quoted().Matches(SourceTree.Read("ARCHITECTURE.md")).Count(match => LooksLikeAPath(match.Groups["path"].Value)));

    private static bool LooksLikeAPath(string text) =>
        Extension().IsMatch(text) || (text.Contains('/', StringComparison.Ordinal) && FirstFolder().IsMatch(text));

    [GeneratedRegex("`(?<path>[A-Za-z0-9_.][A-Za-z0-9_./-]*)`", RegexOptions.None, 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\w\.(?:cs|md|proto|sh|csproj|sln|props|txt|json|c|h)$", RegexOptions.None, 1000)]
    private static partial Regex Extension();

    [GeneratedRegex("^(?:wire-protocol|appliance|client-libs|native-p11-module|tests|fixtures|eng|docs)/", RegexOptions.None, 1000)]
    private static partial Regex FirstFolder();
}
