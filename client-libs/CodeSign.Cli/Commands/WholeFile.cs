namespace CodeSign.Cli.Commands;

/// <summary>Files that are there whole or as they were: written beside their place, then put there in one step.</summary>
internal static class WholeFile
{
    /// <summary>A name beside a file that nobody else has.</summary>
    public static string NameBeside(string path) => $"{path}.{Path.GetRandomFileName()}";

    /// <summary>False for links and devices: replacing them would take them from the machine, not write to them.</summary>
    public static bool IsReplaceable(string path)
    {
        string full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null
            && !full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/proc/", StringComparison.Ordinal);
    }

    /// <summary>Writes a file anew; makes its folder where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Its rights; null keeps those it has, a new file's are the user's to say (umask).</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">It can't be written; what was there is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Write(string path, UnixFileMode? mode, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string fresh = NameBeside(full);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if ((mode ?? (File.Exists(full) ? File.GetUnixFileMode(full) : null)) is { } rights)
        {
            options.UnixCreateMode = rights;
        }

        try
        {
            using (FileStream file = new(fresh, options))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, full, overwrite: true);
        }
        catch
        {
            if (File.Exists(fresh))
            {
                File.Delete(fresh);
            }

            throw;
        }
    }
}
