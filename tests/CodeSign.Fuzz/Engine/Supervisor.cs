using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CodeSign.Fuzz.Engine;

/// <summary>Starts workers, and starts them again where an input ended one: the input is a crash then, its last words the reason.</summary>
internal sealed class Supervisor(RunOptions options)
{
    private const int RestartsMax = 20;

    /// <summary>Runs a target to its end; the number of crashes.</summary>
    public int Run(string target)
    {
        string folder = options.OutOf(target);
        Directory.CreateDirectory(folder);
        string statePath = Path.Combine(folder, "state");
        File.Delete(statePath);
        using SharedState state = new(statePath);
        HashSet<string> signatures = new(StringComparer.Ordinal);
        Stopwatch clock = Stopwatch.StartNew();
        for (int restarts = 0; restarts < RestartsMax; restarts++)
        {
            double left = options.Seconds > 0 ? options.Seconds - clock.Elapsed.TotalSeconds : 0;
            if (options.Seconds > 0 && left <= 0)
            {
                break;
            }

            (int status, string words) = Work(target, left);
            if (status is (int)WorkerEnd.Done or (int)WorkerEnd.Crashes)
            {
                break;
            }

            if (state.Executions == 0)
            {
                throw new InvalidOperationException($"The worker of {target} doesn't start: {words}");
            }

            string what = string.Create(CultureInfo.InvariantCulture, $"{words}\n(the process ended with {status})");
            if (signatures.Add(Crash.Signature(what)))
            {
                Crash.Write(folder, target, state.Input, what, null);
            }
        }

        Tell(target, state, clock.Elapsed);
        return Crash.In(folder).Count;
    }

    private void Tell(string target, SharedState state, TimeSpan elapsed) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target}: {state.Executions} executions, {state.Executions / elapsed.TotalSeconds:0} a second, {state.Edges} edges, "
            + $"corpus {state.Corpus}, crashes {Crash.In(options.OutOf(target)).Count}"));

    private (int Status, string Words) Work(string target, double seconds)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
        [
            typeof(Supervisor).Assembly.Location, "work", "--target", target, "--corpus", options.Corpus, "--out", options.Out,
            "--seed", options.Seed.ToString(CultureInfo.InvariantCulture),
            "--executions", options.Executions.ToString(CultureInfo.InvariantCulture),
            "--seconds", seconds.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (options.IsBlind)
        {
            start.ArgumentList.Add("--blind");
        }

        if (options.IsKept)
        {
            start.ArgumentList.Add("--keep");
        }

        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process process = Process.Start(start)!;
        string words = Tail(process.StandardError);
        process.WaitForExit();
        return (process.ExitCode, words);
    }

    // A stack that overflowed is told in a hundred thousand lines.
    private static string Tail(StreamReader reader)
    {
        const int CharactersMax = 16_384;
        StringBuilder text = new();
        while (reader.ReadLine() is { } line)
        {
            if (text.Length < CharactersMax)
            {
                text.Append(line).Append('\n');
            }
        }

        return text.ToString();
    }
}
