using System.Diagnostics;
using System.Globalization;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Store;

namespace CodeSign.Benchmarks;

/// <summary>
/// CPU time of the whole process per audit record, by how many callers record at once: callers, writer, SQLite and the kernel's work
/// for the flush included.
/// </summary>
internal static class RecordCost
{
    private const int RecordsPerCaller = 2000;
    private static readonly TimeSpan TimePerRound = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(TextWriter output)
    {
        await MeasureAsync(16);
        foreach (int callers in (int[])[1, 16, 64])
        {
            (double cpu, double kernel, double wall, double batch) = await MeasureAsync(callers);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{callers,3} callers: {cpu,6:F1} µs CPU per record ({kernel:F1} in the kernel), {wall,6:F1} µs wall, {batch,5:F1} records per commit"));
        }
    }

    private static async Task<(double Cpu, double Kernel, double Wall, double Batch)> MeasureAsync(int callers)
    {
        string folder = Directory.CreateTempSubdirectory("codesign-bench-").FullName;
        using RootKey root = RootKey.Create();
        using SecretBytes content = SecretBytes.Random(KeyFileSeal.KeyBytesMin);
        using KeyFileSeal seal = new(content);
        try
        {
            await using ApplianceStore store = ApplianceStore.Create(Path.Combine(folder, "codesign.db"), root, seal, TimeProvider.System);
            TimeSpan kernel = Process.GetCurrentProcess().PrivilegedProcessorTime;
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
            {
                for (int i = 0; i < RecordsPerCaller && Stopwatch.GetElapsedTime(start) < TimePerRound; i++)
                {
                    await store.RecordAsync(SampleEvents.Sign(i), 0, null);
                }
            })));
            TimeSpan wall = Stopwatch.GetElapsedTime(start);
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            kernel = Process.GetCurrentProcess().PrivilegedProcessorTime - kernel;
            double records = store.Head.Size;
            return (cpu.TotalMicroseconds / records, kernel.TotalMicroseconds / records, wall.TotalMicroseconds / records, records / store.Written.Commits);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
