using System.Xml.Linq;

namespace CodeSign.Architecture.Tests;

/// <summary>Which project may know which: downwards only. A new arrow is a decision; it is made here and in ARCHITECTURE.md.</summary>
[TestClass]
public sealed class ArrowTests
{
    // From the bottom up: a project refers only to rows above its own.
    private static readonly (string Project, string[] RefersTo)[] Arrows =
    [
        ("CodeSign.Cryptoki", []),
        ("CodeSign.Wire", ["CodeSign.Cryptoki"]),
        ("CodeSign.Appliance.Custody", ["CodeSign.Cryptoki"]),
        ("CodeSign.Appliance.Governance", ["CodeSign.Cryptoki"]),
        ("CodeSign.Appliance.Keys", ["CodeSign.Appliance.Custody", "CodeSign.Cryptoki"]),
        ("CodeSign.Appliance.Store", ["CodeSign.Appliance.Custody", "CodeSign.Appliance.Governance"]),
        ("CodeSign.Appliance.Requests", ["CodeSign.Appliance.Governance", "CodeSign.Appliance.Keys", "CodeSign.Appliance.Store", "CodeSign.Wire"]),
        ("CodeSign.Appliance.Transport", []),
        ("CodeSign.Appliance.Listener", ["CodeSign.Appliance.Requests", "CodeSign.Appliance.Transport"]),
        (
            "CodeSign.Appliance",
            [
                "CodeSign.Appliance.Custody", "CodeSign.Appliance.Governance", "CodeSign.Appliance.Keys", "CodeSign.Appliance.Listener",
                "CodeSign.Appliance.Requests", "CodeSign.Appliance.Store", "CodeSign.Appliance.Transport", "CodeSign.Wire",
            ]),
        ("CodeSign.Client", ["CodeSign.Wire"]),
        ("CodeSign.Cli", ["CodeSign.Client"]),
        ("CodeSign.P11", ["CodeSign.Client"]),
    ];

    public static IEnumerable<string> Projects => SourceTree.Projects.Where(path => !path.StartsWith("tests/", StringComparison.Ordinal));

    [TestMethod]
    [DynamicData(nameof(Projects))]
    public void Refers_only_where_an_arrow_points(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string[]? allowed = Arrows.FirstOrDefault(row => string.Equals(row.Project, name, StringComparison.Ordinal)).RefersTo;

        Assert.IsNotNull(allowed, $"{name} has no row in the table of arrows.");
        Assert.AreEqual(
            string.Join(' ', allowed.Order(StringComparer.Ordinal)),
            string.Join(' ', References(path, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)),
            $"{name} refers to other projects than the table of arrows says.");
    }

    [TestMethod]
    public void Every_arrow_points_down()
    {
        for (int i = 0; i < Arrows.Length; i++)
        {
            string[] above = [.. Arrows[..i].Select(row => row.Project)];

            Assert.IsEmpty(Arrows[i].RefersTo.Except(above, StringComparer.Ordinal), Arrows[i].Project);
        }
    }

    [TestMethod]
    [DataRow("DotNetty", "CodeSign.Appliance.Transport")]
    [DataRow("Pkcs11Interop", "CodeSign.Appliance.Keys")]
    [DataRow("SQLite", "CodeSign.Appliance.Store")]
    [DataRow("Sqlite", "CodeSign.Appliance.Store")]
    public void Only_one_project_knows(string package, string project)
    {
        foreach (string path in Projects.Where(path => !path.EndsWith($"/{project}.csproj", StringComparison.Ordinal)))
        {
            Assert.IsEmpty(
                References(path, "PackageReference").Where(name => name.Contains(package, StringComparison.Ordinal)),
                $"{path} refers to {package}: only {project} may.");
        }

        foreach (string path in SourceTree.ProductSources.Where(path => !path.Contains($"/{project}/", StringComparison.Ordinal)))
        {
            Assert.IsEmpty(
                SourceTree.ReadLines(path).Where(line => line.StartsWith("using ", StringComparison.Ordinal) && line.Contains(package, StringComparison.Ordinal)),
                $"{path} uses {package}: only {project} may.");
        }
    }

    [TestMethod]
    public void The_solution_lists_every_project_and_no_other()
    {
        string solution = SourceTree.Read("CodeSign.sln").Replace('\\', '/');

        string[] listed = [.. solution.Split('"').Where(text => text.EndsWith(".csproj", StringComparison.Ordinal))];

        Assert.AreSequenceEqual(SourceTree.Projects.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public void Every_project_lies_in_a_folder_of_its_name() =>
        Assert.IsEmpty(SourceTree.Projects.Where(path => !path.EndsWith($"/{Path.GetFileNameWithoutExtension(path)}/{Path.GetFileName(path)}", StringComparison.Ordinal)));

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Parse(SourceTree.Read(project)).Descendants(kind).Select(reference => (string?)reference.Attribute("Include") ?? "");
}
