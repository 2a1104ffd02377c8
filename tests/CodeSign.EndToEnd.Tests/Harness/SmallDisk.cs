using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>A file system of one's own, to be filled or broken; inconclusive with the reason where mounting isn't allowed.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly Workbench _bench = new();

    private SmallDisk() => Directory.CreateDirectory(Path);

    public string Path => _bench.At("disk");

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>In memory.</summary>
    public static SmallDisk InMemory(int megabytes)
    {
        SmallDisk disk = new();
        disk.Mount($"-t tmpfs -o size={megabytes}m none");
        return disk;
    }

    /// <summary>ext4 in a file, as most servers have it: read-only after an error.</summary>
    public static SmallDisk Ext4(int megabytes)
    {
        SmallDisk disk = new();
        using (FileStream image = new(disk._bench.At("image"), FileMode.CreateNew))
        {
            image.SetLength((long)megabytes << 20);
        }
        disk._bench.Run($"mkfs.ext4 -q -F {disk._bench.At("image")}").Succeeds();
        disk.Mount($"-o loop,errors=remount-ro {disk._bench.At("image")}");
        return disk;
    }

    /// <summary>Takes every block that is free.</summary>
    public void Fill()
    {
        using FileStream filler = new(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Filler);

    /// <summary>Has the file system meet an error (ext4's own switch for that).</summary>
    public void Break()
    {
        string device = _bench.Run($"findmnt -n -o SOURCE {Path}").Succeeds().Output.Trim();
        string trigger = $"/sys/fs/ext4/{System.IO.Path.GetFileName(device)}/trigger_fs_error";
        if (!File.Exists(trigger))
        {
            Assert.Inconclusive($"This kernel has no {trigger}.");
        }
        try
        {
            File.WriteAllText(trigger, "broken by a test\n");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Assert.Inconclusive($"{trigger} can't be written: {refused.Message}");
        }
    }

    public void Dispose()
    {
        _bench.Run($"umount -l {Path}");
        _bench.Dispose();
    }

    private void Mount(Command what)
    {
        ToolRun run = _bench.Run($"mount {what} {Path}");
        if (run.ExitCode != 0)
        {
            _bench.Dispose();
            Assert.Inconclusive($"mount is not allowed here: {run.Error.Trim()}");
        }
    }
}
