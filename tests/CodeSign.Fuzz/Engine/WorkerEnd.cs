namespace CodeSign.Fuzz.Engine;

/// <summary>How a worker's process ended.</summary>
internal enum WorkerEnd
{
    Done = 0,

    /// <summary>It could not be started.</summary>
    Failed = 1,

    /// <summary>It ran to its end, and wrote down crashes.</summary>
    Crashes = 2,

    Hang = 3,
}
