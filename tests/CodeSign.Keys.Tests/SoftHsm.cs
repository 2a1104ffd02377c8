using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.PassThrough;

namespace CodeSign.Keys.Tests;

/// <summary>
/// SoftHSM2 as the device: a folder of tokens for this process, made before the library first looks at it. One token a test that
/// plays with logins, because a login counts for the whole process.
/// </summary>
internal static partial class SoftHsm
{
    public const string Pin = "123456";

    private const int TokensMax = 24;
    private static readonly string[] LibraryPaths =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

    private static readonly Lazy<(string? Missing, string Folder)> Setup = new(SetUp);
    private static int _used;

    public static string Library => LibraryPaths.FirstOrDefault(File.Exists) ?? "";

    public static string Folder => Ready().Folder;

    /// <summary>Label of a token nobody else uses.</summary>
    public static string NewToken()
    {
        Ready();
        int number = Interlocked.Increment(ref _used);
        Assert.IsLessThanOrEqualTo(TokensMax, number, "Raise TokensMax.");
        return Label(number);
    }

    public static HsmOptions Options(string token) => new()
    {
        Name = "test",
        Library = Ready().Folder.Length > 0 ? Library : "",
        TokenLabel = token,
        Pin = () => new SecretBytes(Encoding.ASCII.GetBytes(Pin)),
        RetryAfter = TimeSpan.FromMilliseconds(100),
    };

    public static void Run(string tool, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SOFTHSM2_CONF"] = Path.Combine(Setup.IsValueCreated ? Folder : _making, "softhsm2.conf");
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd() + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{tool}: {said}");
    }

    public static void Remove()
    {
        if (Setup.IsValueCreated && Directory.Exists(Setup.Value.Folder))
        {
            Directory.Delete(Setup.Value.Folder, recursive: true);
        }
    }

    private static string _making = "";

    private static (string? Missing, string Folder) Ready()
    {
        if (Setup.Value.Missing is { } tool)
        {
            Assert.Inconclusive($"{tool} is missing.");
        }

        return Setup.Value;
    }

    private static (string? Missing, string Folder) SetUp()
    {
        if (Library.Length == 0 || !OnPath("softhsm2-util"))
        {
            return ("softhsm2", "");
        }

        _making = Directory.CreateTempSubdirectory("codesign-hsm-").FullName;
        string configuration = Path.Combine(_making, "softhsm2.conf");
        Directory.CreateDirectory(Path.Combine(_making, "tokens"));
        File.WriteAllText(configuration, $"directories.tokendir = {_making}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");

        // .NET's own copy of the environment is not what C code reads.
        _ = SetEnvironment("SOFTHSM2_CONF", configuration, 1);
        for (int i = 1; i <= TokensMax; i++)
        {
            Run("softhsm2-util", "--init-token", "--free", "--label", Label(i), "--so-pin", "87654321", "--pin", Pin);
        }

        // Held to the end: C_Finalize counts for every user in the process.
        _ = HsmLibrary.Acquire(Library);
        return (null, _making);
    }

    public static bool OnPath(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static string Label(int number) => $"token{number:00}";

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
