using CodeSign.Fuzz.Coverage;
using CodeSign.Fuzz.Engine;
using CodeSign.Fuzz.Targets;

namespace CodeSign.Fuzz;

/// <summary>What this program does: eng/fuzz.sh says it to people.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments)
    {
        RunOptions options = RunOptions.Parse(arguments);
        if (options.Target is { } target && !TargetList.Has(target))
        {
            Console.Error.WriteLine($"There is no target {target}; there are {string.Join(", ", TargetList.Names)}.");
            return 2;
        }

        switch (options.Verb)
        {
            case "instrument":
                Instrumenter.Run(options.File ?? throw new ArgumentException("instrument wants a folder.", nameof(arguments)));
                return 0;
            case "targets":
                Console.WriteLine(string.Join('\n', TargetList.Names));
                return 0;
            case "work":
                return Work(options);
            case "run":
                return RunAll(options);
            case "replay":
                return Replay.Run(options);
            case "coverage":
                return CoverageReport.Run(options);
            case "minimize":
                return Replay.Minimize(options);
            default:
                Console.Error.WriteLine("instrument FOLDER | targets | run | replay FILE | coverage | minimize; see eng/fuzz.sh --help");
                return 2;
        }
    }

    // As many at once as there are processors; those with more to explore get more of the time.
    private static int RunAll(RunOptions options)
    {
        string[] names = [.. TargetList.Chosen(options.Target)];
        int jobs = Math.Min(names.Length, Environment.ProcessorCount);
        double share = options.Hours * 3600 * jobs / names.Sum(TargetList.WeightOf);
        int crashes = 0;
        Parallel.ForEach(
            names.OrderByDescending(TargetList.WeightOf),
            new ParallelOptions { MaxDegreeOfParallelism = jobs },
            name =>
            {
                RunOptions own = options.Hours > 0 ? options with { Seconds = share * TargetList.WeightOf(name) } : options;
                Interlocked.Add(ref crashes, new Supervisor(own).Run(name));
            });
        return crashes == 0 ? 0 : 1;
    }

    private static int Work(RunOptions options)
    {
        using Target target = TargetList.Create(options.Target!);
        using Worker worker = new(options, target);
        return (int)worker.Run();
    }
}
