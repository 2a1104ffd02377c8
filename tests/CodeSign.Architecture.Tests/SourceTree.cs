using System.Diagnostics;
using CodeSign.Tests;

namespace CodeSign.Architecture.Tests;

/// <summary>The files of the repository: those git tracks, or all but build output where there is no git.</summary>
internal static class SourceTree
{
    private static readonly string[] Output = [".git", "artifacts", "bin", "obj", "TestResults"];

    /// <summary>Paths from the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. (Tracked() ?? Enumerated()).Where(path => File.Exists(Repository.PathOf(path))).Order(StringComparer.Ordinal)];

    /// <summary>C# that people wrote.</summary>
    public static IEnumerable<string> Sources => Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>C# of the product: not of its tests.</summary>
    public static IEnumerable<string> ProductSources => Sources.Where(path => !path.StartsWith("tests/", StringComparison.Ordinal));

    public static IEnumerable<string> Projects => Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Repository.PathOf(path));

    public static string[] ReadLines(string path) => File.ReadAllLines(Repository.PathOf(path));

    private static List<string>? Tracked()
    {
        try
        {
            ProcessStartInfo start = new("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using Process git = Process.Start(start)!;
            string names = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? [.. names.Split('\0', StringSplitOptions.RemoveEmptyEntries)] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;   // no git here
        }
    }

    private static IEnumerable<string> Enumerated() => Directory.EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
        .Where(path => !path.Split('/').Intersect(Output, StringComparer.Ordinal).Any());
}
