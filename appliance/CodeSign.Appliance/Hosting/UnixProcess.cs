using System.Runtime.InteropServices;

namespace CodeSign.Appliance.Hosting;

/// <summary>What only libc can do for this process.</summary>
internal static partial class UnixProcess
{
    public static uint EffectiveUser => GetEffectiveUser();

    /// <summary>Whatever this process creates, its owner alone can read.</summary>
    public static void KeepFilesPrivate() => _ = SetCreationMask(0b111_111);

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetCreationMask(uint mask);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUser();
}
