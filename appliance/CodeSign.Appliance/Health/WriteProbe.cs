namespace CodeSign.Appliance.Health;

/// <summary>
/// Whether the disk of the data folder still takes what is written to it. A full or read-only disk can't keep records, and without
/// a record there is no signature.
/// </summary>
internal sealed class WriteProbe(string folder, TimeProvider time)
{
    private const int ProbeBytes = 4096;
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    private readonly string _path = Path.Combine(folder, ".probe");
    private readonly Lock _lock = new();
    private long _asked;
    private string? _problem;

    /// <summary>What is wrong, one sentence, or null; the disk is asked at most once a second.</summary>
    public string? Problem()
    {
        lock (_lock)
        {
            if (_asked == 0 || time.GetElapsedTime(_asked) >= AskEvery)
            {
                _problem = Try();
                _asked = time.GetTimestamp();
            }

            return _problem;
        }
    }

    private string? Try()
    {
        try
        {
            // A new file each time: one that is overwritten already has its place on a full disk.
            File.Delete(_path);
            using FileStream probe = new(
                _path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.DeleteOnClose);
            probe.Write(new byte[ProbeBytes]);
            probe.Flush(flushToDisk: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The data folder can't be written: {e.Message}";
        }
    }
}
