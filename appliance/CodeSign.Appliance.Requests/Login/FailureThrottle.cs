namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// Slows down guessing of passwords by name and network together: whoever guesses waits, and nobody can lock others out.
/// </summary>
internal sealed class FailureThrottle(TimeProvider time)
{
    /// <summary>Wrong tries in a row that cost nothing.</summary>
    public const int FreeTries = 5;

    /// <summary>Pairs of name and network remembered; beyond it the table is emptied of those whose wait is over.</summary>
    public const int EntriesMax = 10_000;

    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, string Network), (int Failures, DateTimeOffset Until)> _entries = [];

    /// <summary>How long to wait before the next try; zero when it may be made. When the table is full of those who wait, nobody new is let in.</summary>
    public TimeSpan WaitOf(string name, string network)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            return _entries.TryGetValue((name, network), out (int Failures, DateTimeOffset Until) entry)
                ? TimeSpan.FromTicks(Math.Max(0, (entry.Until - now).Ticks))
                : _entries.Count < EntriesMax || MakeRoom(now) ? TimeSpan.Zero : WaitMax;
        }
    }

    /// <summary>The password was wrong. Those who try at once all count; how many can is bounded by <see cref="AddressTurns"/>.</summary>
    public void Failed(string name, string network)
    {
        lock (_gate)
        {
            int failures = _entries.GetValueOrDefault((name, network)).Failures + 1;
            _entries[(name, network)] = (failures, time.GetUtcNow() + WaitAfter(failures));
        }
    }

    public void Succeeded(string name, string network)
    {
        lock (_gate)
        {
            _entries.Remove((name, network));
        }
    }

    private bool MakeRoom(DateTimeOffset now)
    {
        foreach ((string, string) over in _entries.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToArray())
        {
            _entries.Remove(over);
        }

        return _entries.Count < EntriesMax;
    }

    private static TimeSpan WaitAfter(int failures) => failures <= FreeTries
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(WaitMax.TotalSeconds, Math.Pow(2, Math.Min(failures - FreeTries, 20))));
}
