using System.Globalization;

namespace CodeSign.Fuzz.Engine;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    public string Verb { get; init; } = "";

    public string? Target { get; init; }

    /// <summary>Inputs to run, of each target; 0: no limit.</summary>
    public long Executions { get; init; }

    /// <summary>Seconds for each target; 0: no limit.</summary>
    public double Seconds { get; init; }

    /// <summary>Hours for all targets together; 0: no limit.</summary>
    public double Hours { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>The corpus that is kept: a folder for each target.</summary>
    public string Corpus { get; init; } = "";

    /// <summary>Where crashes and new inputs are written.</summary>
    public string Out { get; init; } = "";

    /// <summary>True: mutates the seeds only, whatever they reach.</summary>
    public bool IsBlind { get; init; }

    /// <summary>True: inputs that reached something new go into the corpus that is kept.</summary>
    public bool IsKept { get; init; }

    public string? File { get; init; }

    public static RunOptions Parse(string[] arguments)
    {
        RunOptions options = new() { Verb = arguments.Length > 0 ? arguments[0] : "" };
        for (int i = 1; i < arguments.Length; i++)
        {
            string Value() => i + 1 < arguments.Length ? arguments[++i] : throw new ArgumentException($"{arguments[i]} wants a value.", nameof(arguments));
            options = arguments[i] switch
            {
                "--target" => options with { Target = Value() },
                "--executions" => options with { Executions = long.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Value(), CultureInfo.InvariantCulture) },
                "--hours" => options with { Hours = double.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = ulong.Parse(Value(), CultureInfo.InvariantCulture) },
                "--corpus" => options with { Corpus = Path.GetFullPath(Value()) },
                "--out" => options with { Out = Path.GetFullPath(Value()) },
                "--blind" => options with { IsBlind = true },
                "--keep" => options with { IsKept = true },
                { Length: > 0 } other when other[0] != '-' => options with { File = Path.GetFullPath(other) },
                string other => throw new ArgumentException($"There is no option {other}.", nameof(arguments)),
            };
        }

        return options;
    }

    public string CorpusOf(string target) => Path.Combine(Corpus, target);

    /// <summary>The folder a run of a target writes to.</summary>
    public string OutOf(string target) => Path.Combine(Out, target);
}
