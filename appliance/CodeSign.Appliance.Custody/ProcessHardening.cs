using System.Runtime.InteropServices;

namespace CodeSign.Appliance.Custody;

/// <summary>Keeps key material out of core dumps and swap, where the system lets us.</summary>
public static partial class ProcessHardening
{
    // <linux/prctl.h>, <asm-generic/resource.h>
    private const int PrSetDumpable = 4;
    private const int RlimitCore = 4;

    /// <summary>To be called first thing in the process. What could not be had: one sentence each, for the log.</summary>
    public static IReadOnlyList<string> Apply()
    {
        List<string> refused = [];

        // Also keeps other processes of the same user from attaching to this one and reading its memory.
        if (SetProcess(PrSetDumpable, 0, 0, 0, 0) != 0)
        {
            refused.Add("The process could not be marked as not dumpable: a debugger of the same user may read keys.");
        }

        ResourceLimit none = default;
        if (SetLimit(RlimitCore, none) != 0)
        {
            refused.Add("Core dumps could not be switched off: a crash may write keys to the disk.");
        }

        using SecretBytes probe = new(1);
        if (LockedMemory.Refused)
        {
            refused.Add("Memory could not be locked: keys may reach the swap; raise the limit of locked memory (LimitMEMLOCK=).");
        }

        return refused;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetProcess(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, in ResourceLimit limit);

    // struct rlimit: soft and hard limit
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceLimit
    {
        public readonly nuint Soft;
        public readonly nuint Hard;
    }
}
