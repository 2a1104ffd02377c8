using System.Runtime.InteropServices;

namespace CodeSign.P11.Native;

/// <summary>The few system calls made here: .NET's own ways to them would load OpenSSL or start threads in the host.</summary>
internal static unsafe partial class LibC
{
    public const int StandardError = 2;
    private const int ErrorInterrupted = 4;
    private const int OpenFlags = 0x1 | 0x40 | 0x400 | 0x80000;   // O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
    private const uint OwnerOnly = 0x180;                         // 0600

    /// <summary>Fills memory from the kernel's generator; false where there is none.</summary>
    public static bool FillRandom(byte* memory, ulong count)
    {
        while (count > 0)
        {
            nint got = GetRandom(memory, (nuint)Math.Min(count, 1 << 20), 0);
            if (got < 0 && Marshal.GetLastPInvokeError() == ErrorInterrupted)
            {
                continue;
            }

            if (got <= 0)
            {
                return false;
            }

            memory += got;
            count -= (ulong)got;
        }

        return true;
    }

    /// <summary>Random bytes that never fail to be random.</summary>
    public static void FillRandom(Span<byte> memory)
    {
        fixed (byte* start = memory)
        {
            if (!FillRandom(start, (ulong)memory.Length))
            {
                throw new InvalidOperationException("The kernel gives no random bytes.");
            }
        }
    }

    /// <summary>Appends to a file, made where it isn't there, readable by its owner alone; a failure is nobody's concern here.</summary>
    public static void Append(ReadOnlySpan<byte> path, ReadOnlySpan<byte> line)
    {
        fixed (byte* name = path)
        {
            int file = Open(name, OpenFlags, OwnerOnly);
            if (file >= 0)
            {
                Write(file, line);
                _ = Close(file);
            }
        }
    }

    /// <summary>Writes once; a failure is nobody's concern here.</summary>
    public static void Write(int file, ReadOnlySpan<byte> line)
    {
        fixed (byte* start = line)
        {
            _ = Write(file, start, (nuint)line.Length);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetRandom(byte* buffer, nuint count, uint flags);

    [LibraryImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int file, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
