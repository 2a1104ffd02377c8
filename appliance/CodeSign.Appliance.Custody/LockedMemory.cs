using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// Native memory for secrets: whole pages of their own, kept out of core dumps and, where the limit of locked memory permits, out of
/// swap. Handed out in slots of a power of two, so that small secrets share pages and a page is never unlocked under a neighbour.
/// </summary>
internal static unsafe partial class LockedMemory
{
    private const int SlotBytesMin = 32;
    private const int RegionBytes = 64 * 1024;

    // <asm-generic/mman-common.h>, <linux/mman.h>
    private const int ProtReadWrite = 0x1 | 0x2;
    private const int MapPrivateAnonymous = 0x02 | 0x20;
    private const int MadvDontDump = 16;

    private static readonly Lock Gate = new();

    // By the binary logarithm of the slot's size. Regions are never given back: what a busy minute needed, the next one will.
    private static readonly Stack<nint>[] FreeSlots = [.. Enumerable.Range(0, 32).Select(_ => new Stack<nint>())];

    /// <summary>True once a region could not be locked: swap may see secrets.</summary>
    public static bool Refused { get; private set; }

    /// <summary>Zeroed memory for this many bytes.</summary>
    public static byte* Allocate(int length)
    {
        int order = OrderOf(length);
        lock (Gate)
        {
            Stack<nint> free = FreeSlots[order];
            if (free.Count == 0)
            {
                AddRegion(free, 1 << order);
            }

            return (byte*)free.Pop();
        }
    }

    /// <summary>Zeroes what <see cref="Allocate"/> gave for this length, and takes it back.</summary>
    public static void Free(byte* memory, int length)
    {
        CryptographicOperations.ZeroMemory(new Span<byte>(memory, length));
        lock (Gate)
        {
            FreeSlots[OrderOf(length)].Push((nint)memory);
        }
    }

    private static int OrderOf(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 30);
        return int.Log2(int.Max(length, SlotBytesMin) - 1) + 1;
    }

    private static void AddRegion(Stack<nint> free, int slotBytes)
    {
        int regionBytes = int.Max(slotBytes, RegionBytes);
        nint region = MapMemory(0, (nuint)regionBytes, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if (region == -1)
        {
            throw new InvalidOperationException("The system has no memory left for a secret.");
        }

        _ = AdviseMemory(region, (nuint)regionBytes, MadvDontDump);
        Refused |= LockMemory(region, (nuint)regionBytes) != 0;
        for (int offset = regionBytes - slotBytes; offset >= 0; offset -= slotBytes)
        {
            free.Push(region + offset);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AdviseMemory(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mlock")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LockMemory(nint address, nuint length);
}
