using CodeSign.Tests;

namespace CodeSign.P11.Tests;

[TestClass]
public sealed class ExportTests
{
    private static readonly string[] Functions = File.ReadAllLines(Repository.PathOf("fixtures/pkcs11/function-list.txt"));

    [TestMethod]
    public void Exports_every_function_and_nothing_else_of_the_host_s_concern()
    {
        using Workbench bench = new();
        string[] exported = bench.Run($"nm -D --defined-only --format=posix {HostProgram.Module}").Succeeds().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')[0].Split('@')[0])
            .Where(name => !string.Equals(name, "V1.0", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.AreSequenceEqual(Functions.Append("codesign_p11_start").Order(StringComparer.Ordinal), exported);
    }

    [TestMethod]
    public void The_tables_of_the_shim_are_in_the_standard_s_order()
    {
        using Workbench bench = new();
        string header = Repository.PathOf("native-p11-module/shim/names.h");
        string[] names = bench.Run($"gcc -E -P {header}").Succeeds().Output
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

        Assert.AreSequenceEqual(Functions, names);
    }

    [TestMethod]
    public void Needs_the_C_library_alone()
    {
        using Workbench bench = new();
        string[] needed = bench.Run($"readelf -d {HostProgram.Module}").Succeeds().Output
            .Split('\n')
            .Where(line => line.Contains("(NEEDED)", StringComparison.Ordinal))
            .Select(line => line.Split('[', ']')[1])
            .Where(name => name is not ("libc.so.6" or "libm.so.6" or "ld-linux-x86-64.so.2"))
            .ToArray();

        Assert.IsEmpty(needed, string.Join(' ', needed));
    }

    [TestMethod]
    public void Is_never_unloaded()
    {
        using Workbench bench = new();
        bench.Run($"readelf -d {HostProgram.Module}").Succeeds().Says("NODELETE");
    }
}
