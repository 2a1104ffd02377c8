using CodeSign.Tests;

namespace CodeSign.Appliance.Tests;

/// <summary>A file system of its own for one folder; where mounting isn't allowed the test is inconclusive.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string _folder;

    private Mount(string folder) => _folder = folder;

    public static Mount Tmpfs(string folder, string size)
    {
        ToolRun run = Run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder);
        if (run.ExitCode != 0)
        {
            Assert.Inconclusive($"mount is not allowed here: {run.Error.Trim()}");
        }

        return new Mount(folder);
    }

    public void Dispose() => Run("umount", "-l", _folder);

    private static ToolRun Run(params string[] arguments)
    {
        using ToolProcess process = ToolProcess.Start(
            ApplianceProcess.CommandOf(arguments),
            "/",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath });
        return process.WaitForExit(ApplianceProcess.Patience);
    }
}
