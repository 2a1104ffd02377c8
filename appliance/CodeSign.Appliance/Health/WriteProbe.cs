namespace CodeSign.Appliance.Health;

/// <summary>
/// Whether the disk of the data folder still takes what is written to it. A full or read-only disk can't keep records, and without
/// a record there is no signature.
/// </summary>
internal sealed class WriteProbe(string folder, TimeProvider time)
{
    private const int ProbeBytes = 4096;
    private const string Silent = "The data folder's disk doesn't answer.";
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _path = Path.Combine(folder, ".probe");
    private readonly Lock _lock = new();
    private long _asked;
    private Task<string?>? _answer;
    private volatile string? _last;

    /// <summary>
    /// What is wrong, one sentence, or null. The disk is asked at most once a second, by one thread whoever waits, and one that doesn't
    /// answer for five seconds is wrong.
    /// </summary>
    public async Task<string?> ProblemAsync(CancellationToken cancel)
    {
        try
        {
            return await AskAsync().WaitAsync(Patience, time, cancel);
        }
        catch (TimeoutException)
        {
            return Silent;
        }
    }

    /// <summary>What <see cref="ProblemAsync"/> said last, without waiting; asks the disk for the next time.</summary>
    public string? LastProblem()
    {
        Task<string?> answer = AskAsync();
        return !answer.IsCompleted && time.GetElapsedTime(Interlocked.Read(ref _asked)) > Patience ? Silent : _last;
    }

    private Task<string?> AskAsync()
    {
        lock (_lock)
        {
            if (_answer is null || (_answer.IsCompleted && time.GetElapsedTime(_asked) >= AskEvery))
            {
                _asked = time.GetTimestamp();
                _answer = Task.Factory.StartNew(Try, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            return _answer;
        }
    }

    private string? Try() => _last = TryWrite();

    private string? TryWrite()
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
