using CodeSign.Fuzz.Coverage;
using CodeSign.Fuzz.Targets;

namespace CodeSign.Fuzz.Engine;

/// <summary>Runs given inputs once, without changes.</summary>
internal static class Replay
{
    /// <summary>Runs one file; what leaves the target ends this program, too.</summary>
    public static int Run(RunOptions options)
    {
        using Target target = TargetList.Create(options.Target!);
        try
        {
            target.Run(File.ReadAllBytes(options.File!));
            Console.WriteLine("Taken.");
        }
        catch (Exception thrown) when (target.IsRefusal(thrown))
        {
            Console.WriteLine($"Refused: {thrown.Message}");
        }

        return 0;
    }

    /// <summary>Writes the seeds into the corpus and removes what reaches nothing that a shorter input doesn't.</summary>
    public static int Minimize(RunOptions options)
    {
        foreach (string name in TargetList.Chosen(options.Target))
        {
            using Target target = TargetList.Create(name);
            Probe.CountsPairs = !target.IsThreaded;
            string folder = options.CorpusOf(name);
            byte[][] inputs = [.. Corpus.Read(folder).OrderBy(input => input.Length)];
            Features features = new(countsRounds: false);
            int kept = 0;
            foreach (byte[] input in inputs)
            {
                Probe.Begin();
                RunQuietly(target, input);
                if (features.Take())
                {
                    kept++;
                }
                else
                {
                    File.Delete(Path.Combine(folder, Corpus.NameOf(input)));
                }
            }

            Console.WriteLine($"{name}: {kept} of {inputs.Length} inputs kept, {features.Edges} edges");
        }

        return 0;
    }

    public static void RunQuietly(Target target, byte[] input)
    {
        try
        {
            target.Run(input);
        }
        catch (Exception thrown) when (target.IsRefusal(thrown))
        {
            // What it says matters to nobody here.
        }
    }
}
