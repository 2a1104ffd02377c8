namespace CodeSign.Appliance.Store;

/// <summary>The exclusive lock on a data folder: one process at a time.</summary>
public sealed class DataFolderLock : IDisposable
{
    private DataFolderLock()
    {
    }

    /// <summary>Takes the lock, or says who has it.</summary>
    /// <exception cref="StoreException">Another process has it (its pid is told), or the folder can't be written.</exception>
    public static DataFolderLock Acquire(string folder) => throw new NotSupportedException(folder);

    public void Dispose()
    {
    }
}
