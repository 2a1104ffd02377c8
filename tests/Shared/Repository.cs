namespace CodeSign.Tests;

/// <summary>The work tree the tests run in: fixtures and documents are read where they lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>A path below the root, given with slashes.</summary>
    public static string PathOf(string path) => Path.Combine([Root, .. path.Split('/')]);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "CodeSign.sln"))
        ? folder
        : Find(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? throw new InvalidOperationException("No CodeSign.sln above the tests."));
}
