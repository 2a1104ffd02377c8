using System.Collections.Concurrent;
using System.Globalization;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>The C programs in Hosts, compiled once per run: applications with our module in them.</summary>
internal static class HostProgram
{
    private static readonly Workbench Compiled = new();
    private static readonly ConcurrentDictionary<string, string> Paths = new(StringComparer.Ordinal);

    /// <summary>How often a cheap test is repeated; CODESIGN_REPEAT tells another number.</summary>
    public static int Repetitions { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGN_REPEAT"), CultureInfo.InvariantCulture, out int told) ? told : 20;

    /// <summary>The published module; the test is inconclusive where it wasn't published.</summary>
    public static string Module
    {
        get
        {
            string path = Repository.PathOf("artifacts/publish/libcodesign-p11.so");
            if (!File.Exists(path))
            {
                Assert.Inconclusive("artifacts/publish/libcodesign-p11.so is missing; eng/publish.sh makes it.");
            }

            return path;
        }
    }

    /// <summary>The path of a compiled host.</summary>
    public static string PathOf(string name) => Paths.GetOrAdd(name, Compile);

    /// <summary>A bench whose programs load the module without an appliance behind it.</summary>
    public static Workbench WithoutAppliance() => new Workbench()
        .Set("CODESIGN_P11_MODULE", Module)
        .Set("CODESIGN_CONFIG", "/nonexistent/client.conf");

    public static void Clean() => Compiled.Dispose();

    private static string Compile(string name)
    {
        bool isLibrary = name.EndsWith(".so", StringComparison.Ordinal);
        string source = Repository.PathOf($"tests/CodeSign.P11.Tests/Hosts/{Path.GetFileNameWithoutExtension(name)}.c");
        string path = Compiled.At(name);
        string kind = isLibrary ? "-shared" : "-pie";
        string shim = Repository.PathOf("native-p11-module/shim");
        Command flags = $"-std=gnu11 -O1 -g -fPIC -Wall -Wextra -Werror -Wno-infinite-recursion {kind} -I {shim}";
        string[] libraries = string.Equals(name, "linked", StringComparison.Ordinal) ? ["-ldl", "-lpthread", "-lcrypto"] : ["-ldl", "-lpthread"];
        Command compile = $"gcc {flags} {source} -o {path}";
        foreach (string library in libraries)
        {
            compile = $"{compile} {library}";
        }

        Compiled.Run(compile).Succeeds();
        return path;
    }
}
