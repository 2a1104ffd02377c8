using System.Runtime.InteropServices;

namespace CodeSign.Client.Sockets;

/// <summary>
/// The C library, called directly: .NET's own sockets start a thread and keep an epoll descriptor in whatever process loads us.
/// Numbers are those of Linux on x86-64 and arm64.
/// </summary>
internal static unsafe partial class Libc
{
    public const int AddressFamilyAny = 0;
    public const int SocketStream = 1;
    public const int SocketNonBlocking = 0x800;
    public const int SocketCloseOnExec = 0x80000;
    public const int DuplicateCloseOnExec = 1030;
    public const int MessagePeek = 0x2;
    public const int MessageDoNotWait = 0x40;
    public const int MessageNoSignal = 0x4000;
    public const short PollIn = 0x1;
    public const short PollOut = 0x4;
    public const int SocketLevel = 1;
    public const int SocketError = 4;
    public const int SocketKeepAlive = 9;
    public const int TcpLevel = 6;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int TcpUserTimeout = 18;
    public const int AuxiliarySecure = 23;

    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int TooManyFiles = 24;
    public const int BrokenPipe = 32;
    public const int NetworkUnreachable = 101;
    public const int ConnectionReset = 104;
    public const int TimedOut = 110;
    public const int ConnectionRefused = 111;
    public const int HostUnreachable = 113;
    public const int InProgress = 115;

    public const int ReadWrite = 0x3;            // PROT_READ | PROT_WRITE
    public const int PrivateAnonymous = 0x22;    // MAP_PRIVATE | MAP_ANONYMOUS
    public const int AdviseNoDump = 16;
    public const int AdviseWipeOnFork = 18;

    private const int StatBytesMax = 256;

    private const string Library = "libc";

    /// <summary>Which file a descriptor is of; null where it is of none.</summary>
    public static FileIdentity? Identify(int descriptor)
    {
        // struct stat begins with these two on x86-64 and arm64.
        ulong* stat = stackalloc ulong[StatBytesMax / sizeof(ulong)];
        return Status(descriptor, stat) == 0 ? new FileIdentity(stat[0], stat[1]) : null;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Receive(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Send(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int GetOption(int descriptor, int level, int name, int* value, uint* length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetOption(int descriptor, int level, int name, int* value, uint length);

    [LibraryImport(Library, EntryPoint = "getaddrinfo", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int GetAddresses(string host, string port, AddressEntry* hints, AddressEntry** result);

    [LibraryImport(Library, EntryPoint = "freeaddrinfo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void FreeAddresses(AddressEntry* result);

    [LibraryImport(Library, EntryPoint = "getrandom", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint GetRandom(byte* buffer, nuint length, uint flags);

    [LibraryImport(Library, EntryPoint = "getauxval")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nuint GetAuxiliaryValue(nuint type);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport(Library, EntryPoint = "fstat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int descriptor, ulong* stat);

    /// <summary>Tells two files apart.</summary>
    /// <param name="Device">st_dev.</param>
    /// <param name="Node">st_ino.</param>
    public readonly record struct FileIdentity(ulong Device, ulong Node);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct addrinfo, in glibc's and musl's order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AddressEntry
    {
        public int Flags;
        public int Family;
        public int SocketType;
        public int Protocol;
        public uint AddressLength;
        public byte* Address;
        public byte* CanonicalName;
        public AddressEntry* Next;
    }
}
