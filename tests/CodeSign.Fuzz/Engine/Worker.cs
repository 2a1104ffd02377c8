using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CodeSign.Fuzz.Coverage;
using CodeSign.Fuzz.Targets;

namespace CodeSign.Fuzz.Engine;

/// <summary>The loop, in a process of its own: take an input, change it, run it, keep it where it reached something new.</summary>
internal sealed class Worker : IDisposable
{
    private const int CrashesMax = 20;
    private const int WarmUpExecutions = 2000;
    private const long HeapGrowthMax = 48 << 20;
    private const long ResidentGrowthMax = 384 << 20;

    private readonly RunOptions _options;
    private readonly Target _target;
    private readonly SharedState _state;
    private readonly Dice _dice;
    private readonly Corpus _corpus;
    private readonly Features _features = new();
    private readonly Mutator _mutator;
    private readonly Watchdog _watchdog;
    private readonly HashSet<string> _crashes = new(StringComparer.Ordinal);
    private long _corpusBytes;

    public Worker(RunOptions options, Target target)
    {
        _options = options;
        _target = target;
        string folder = options.OutOf(target.Name);
        Directory.CreateDirectory(folder);
        _state = new SharedState(Path.Combine(folder, "state"));
        _dice = new Dice(options.Seed + (ulong)_state.Executions);
        _corpus = new Corpus(_dice);
        _mutator = new Mutator(_dice, [.. target.Words]) { Other = _corpus.Pick };
        _watchdog = Watchdog.Start(target.TimeMax);
        Probe.CountsPairs = !target.IsThreaded;
    }

    private string NewInputs => Path.Combine(_options.OutOf(_target.Name), "corpus");

    public WorkerEnd Run()
    {
        Begin();
        Stopwatch clock = Stopwatch.StartNew();
        (long Heap, long Resident) before = default;
        for (long round = 0; !IsOver(clock) && _crashes.Count < CrashesMax; round++)
        {
            if (round == WarmUpExecutions)
            {
                before = Memory();
            }

            byte[] input = _target.Mutate(_corpus.Pick(), _mutator);
            if (input.Length <= _target.BytesMax && Execute(input) && !_options.IsBlind)
            {
                Add(input);
                Corpus.Keep(_options.IsKept ? _options.CorpusOf(_target.Name) : NewInputs, input);
            }
        }

        if (before.Heap > 0)
        {
            JudgeGrowth(before, Memory());
        }

        return _crashes.Count > 0 ? WorkerEnd.Crashes : WorkerEnd.Done;
    }

    /// <summary>Runs one input as the loop does; true where it reached something new.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever leaves the target is what is looked for.")]
    public bool Execute(byte[] input)
    {
        _state.Begin(input);
        Probe.Begin();
        _watchdog.Begin();
        long allocated = GC.GetTotalAllocatedBytes();
        try
        {
            _target.Run(input);
        }
        catch (Exception thrown)
        {
            if (!_target.IsRefusal(thrown))
            {
                Report(input, thrown.ToString());
            }
        }

        allocated = GC.GetTotalAllocatedBytes() - allocated;
        if (allocated > _target.AllocatedMax)
        {
            Report(input, string.Create(CultureInfo.InvariantCulture, $"growth: one input allocated {allocated} bytes, allowed are {_target.AllocatedMax}"));
        }

        return _features.Take();
    }

    public void Dispose() => _state.Dispose();

    private void Begin()
    {
        foreach (byte[] input in _target.Seeds.Concat(Corpus.Read(_options.CorpusOf(_target.Name))).Concat(Corpus.Read(NewInputs)))
        {
            if (Execute(input) || _corpus.Count == 0)
            {
                Add(input);
            }
        }
    }

    private void Add(byte[] input)
    {
        _corpus.Add(input);
        _corpusBytes += input.Length;
        _state.Corpus = _corpus.Count;
        _state.Edges = _features.Edges;
    }

    private bool IsOver(Stopwatch clock) =>
        (_options.Executions > 0 && _state.Executions >= _options.Executions)
        || (_options.Seconds > 0 && clock.Elapsed.TotalSeconds >= _options.Seconds);

    private void Report(byte[] input, string what)
    {
        if (_crashes.Add(Crash.Signature(what)))
        {
            Crash.Write(_options.OutOf(_target.Name), _target.Name, input, what, _target.Trail);
        }
    }

    private (long Heap, long Resident) Memory()
    {
        long heap = GC.GetTotalMemory(forceFullCollection: true) - _corpusBytes;
        using Process own = Process.GetCurrentProcess();
        return (heap, own.WorkingSet64);
    }

    private void JudgeGrowth((long Heap, long Resident) before, (long Heap, long Resident) after)
    {
        (long heap, long resident) = (after.Heap - before.Heap, after.Resident - before.Resident);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {_target.Name}: heap {heap >> 10:+0;-0;0} KiB, resident {resident >> 10:+0;-0;0} KiB"));
        if (heap > HeapGrowthMax || resident > ResidentGrowthMax)
        {
            Report([], $"growth: the process grew by {heap} bytes of heap, {resident} bytes in all");
        }
    }
}
