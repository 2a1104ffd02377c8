using System.Diagnostics;
using CodeSign.Tests;

namespace CodeSign.Fuzz.Tests;

/// <summary>The fuzzing program, with the instrumented copy of the product in it.</summary>
internal static class Fuzzer
{
#if DEBUG
    private const string Configuration = "debug";
#else
    private const string Configuration = "release";
#endif

    public static string Folder => Repository.PathOf($"artifacts/fuzz/{Configuration}");

    /// <summary>Where the build put an assembly that was instrumented in the copy.</summary>
    public static string ProductFolder => Repository.PathOf($"artifacts/bin/CodeSign.Wire/{Configuration}");

    public static string Corpus => Repository.PathOf("fixtures/fuzz");

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Status, string Said)> RunAsync(params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(Folder, "CodeSign.Fuzz.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        Console.WriteLine(said);
        return (process.ExitCode, said);
    }
}
