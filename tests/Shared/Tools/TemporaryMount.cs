using System.Diagnostics;

namespace CodeSign.Tests;

/// <summary>A small file system in memory, of one's own to fill.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private const int PageBytes = 4096;

    private TemporaryMount(string path) => Path = path;

    public string Path { get; }

    public string DataFolder => Directory.CreateDirectory(System.IO.Path.Combine(Path, "data")).FullName;

    public static TemporaryMount Make(string size)
    {
        string path = Directory.CreateTempSubdirectory("codesign-full-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", "size=" + size, "none", path) != 0)
        {
            Directory.Delete(path);
            Assert.Inconclusive("mount: needs the right to mount a tmpfs.");
        }

        return new(path);
    }

    public void Remount(string mode) => Assert.AreEqual(0, Run("mount", "-o", "remount," + mode, Path));

    /// <summary>Writes a file that leaves this many pages free.</summary>
    public void Fill(string ballast, int leavePages)
    {
        byte[] page = new byte[PageBytes];
        using FileStream file = new(ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        long free = new DriveInfo(Path).AvailableFreeSpace / PageBytes;
        for (long i = leavePages; i < free; i++)
        {
            file.Write(page);
        }
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
