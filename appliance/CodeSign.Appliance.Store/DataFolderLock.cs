using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CodeSign.Appliance.Store;

/// <summary>
/// The exclusive lock on a data folder: one process at a time. The system gives it back when the process ends, however it ends; the
/// file stays.
/// </summary>
public sealed partial class DataFolderLock : IDisposable
{
    /// <summary>Name of the lock file in the folder.</summary>
    public const string FileName = "codesignd.lock";

    // <asm-generic/fcntl.h>, <sys/file.h>, <asm-generic/errno-base.h>
    private const int ReadWriteCreateCloseOnExec = 0x2 | 0x40 | 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockExclusiveNow = 2 | 4;
    private const int WouldBlock = 11;

    private readonly SafeFileHandle _file;

    private DataFolderLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, or says who has it.</summary>
    /// <exception cref="StoreException">Another process has it (its pid is told), or the folder can't be written.</exception>
    public static DataFolderLock Acquire(string folder)
    {
        string path = Path.Combine(folder, FileName);

        // Not by FileStream: its own locks would keep others from reading the pid.
        int descriptor = OpenFile(path, ReadWriteCreateCloseOnExec, OwnerOnly);
        if (descriptor < 0)
        {
            string why = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            throw new StoreException($"The data folder {folder} can't be used ({why}); see to it that codesignd's user can write it.");
        }

        SafeFileHandle file = new(descriptor, ownsHandle: true);
        if (LockFile(descriptor, LockExclusiveNow) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string holder = ReadHolder(file);
            file.Dispose();
            throw new StoreException(error == WouldBlock
                ? $"The data folder {folder} is in use by process {holder}; stop it first."
                : $"The data folder {folder} can't be locked: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
        }
        catch (IOException)
        {
            // A full disk: the lock holds all the same, others just don't learn the pid.
        }

        return new(file);
    }

    public void Dispose() => _file.Dispose();

    private static string ReadHolder(SafeFileHandle file)
    {
        byte[] pid = new byte[16];
        int length = RandomAccess.Read(file, pid, 0);
        return length == 0 ? "(unknown)" : Encoding.ASCII.GetString(pid, 0, length).Trim();
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LockFile(int descriptor, int operation);
}
