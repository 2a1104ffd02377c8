using System.Runtime.InteropServices;

namespace CodeSign.Fuzz.Engine;

/// <summary>
/// Memory whose last byte is the last one that may be touched: the page behind it ends the process that reads there. Kept for the
/// next input, since mapping costs more than most targets do.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    public const int BytesMax = 64 * 1024;
    private const int PageBytes = 4096;
    private const int Mapped = PageBytes + BytesMax + PageBytes;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private static readonly Stack<nint> Free = new();

    private readonly nint _map;

    /// <param name="content">What it holds, at its end.</param>
    public GuardedMemory(ReadOnlySpan<byte> content)
    {
        Length = content.Length;
        _map = Free.TryPop(out nint free) ? free : Map();
        content.CopyTo(new Span<byte>(Start, Length));
    }

    /// <param name="length">How long it is; zeroes.</param>
    public GuardedMemory(int length)
    {
        Length = length;
        _map = Free.TryPop(out nint free) ? free : Map();
        new Span<byte>(Start, Length).Clear();
    }

    public int Length { get; }

    public byte* Start => (byte*)_map + PageBytes + BytesMax - Length;

    public void Dispose() => Free.Push(_map);

    private static nint Map()
    {
        nint map = Map(0, Mapped, 0, PrivateAnonymous, -1, 0);
        return map != -1 && Protect(map + PageBytes, BytesMax, ReadWrite) == 0
            ? map
            : throw new InvalidOperationException("No memory to guard.");
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(nint address, nuint length, int protection);
}
