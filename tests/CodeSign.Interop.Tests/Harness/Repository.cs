namespace CodeSign.Interop.Tests.Harness;

/// <summary>Where things lie in the clone that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>An input that came with the tests (fixtures/files).</summary>
    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "files", name);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CodeSign.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside of their clone.");
    }
}
