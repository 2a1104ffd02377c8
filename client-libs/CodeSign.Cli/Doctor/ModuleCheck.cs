using System.Runtime.InteropServices;

namespace CodeSign.Cli.Doctor;

/// <summary>Finds the PKCS#11 module and sees whether it loads.</summary>
internal static class ModuleCheck
{
    public const string FileName = "libcodesign-p11.so";

    private const string EntryPoint = "C_GetFunctionList";

    /// <summary>The module's path: told, or found; null where there is none.</summary>
    public static string? Find(Invocation invocation, string? told)
    {
        string? named = told ?? invocation.Terminal.GetEnvironment("CODESIGN_P11_MODULE");
        if (named is { Length: > 0 })
        {
            return named;
        }

        string[] folders =
        [
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "..", "lib"),
            "/usr/local/lib",
            "/usr/lib",
            "/usr/lib/" + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64") + "-linux-gnu",
        ];
        return folders.Select(folder => Path.GetFullPath(Path.Combine(folder, FileName))).FirstOrDefault(File.Exists);
    }

    public static void Run(Invocation invocation, string? told, List<Finding> findings)
    {
        string? path = Find(invocation, told);
        if (path is null)
        {
            findings.Add(new("module", Result.Warning, $"{FileName} isn't beside csctl or in the usual places; name it with --module."));
            return;
        }

        if (!File.Exists(path))
        {
            findings.Add(new("module", Result.Wrong, $"{path} doesn't exist."));
            return;
        }

        try
        {
            nint library = NativeLibrary.Load(path);
            findings.Add(NativeLibrary.TryGetExport(library, EntryPoint, out _)
                ? new("module", Result.Ok, $"{path} loads.")
                : new("module", Result.Wrong, $"{path} is no PKCS#11 module: it has no {EntryPoint}."));
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            findings.Add(new("module", Result.Wrong, $"{path} doesn't load: {fault.Message.Split('\n')[0].TrimEnd('.')}."));
        }
    }
}
