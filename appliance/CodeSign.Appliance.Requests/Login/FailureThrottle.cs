namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// Slows down guessing of passwords by name and address together: whoever guesses waits, and nobody can lock others out.
/// </summary>
internal sealed class FailureThrottle(TimeProvider time)
{
    /// <summary>Wrong tries in a row that cost nothing.</summary>
    public const int FreeTries = 5;

    /// <summary>Pairs of name and address remembered; beyond it the table is emptied of those whose wait is over.</summary>
    public const int EntriesMax = 10_000;

    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, string Address), (int Failures, DateTimeOffset Until)> _entries = [];

    /// <summary>
    /// Counts a try before it is made; zero when it may be made, else how long to wait. A right one is told by <see cref="Succeeded"/>.
    /// When the table is full of those who wait, nobody new is let in.
    /// </summary>
    public TimeSpan Try(string name, string address)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entries.TryGetValue((name, address), out (int Failures, DateTimeOffset Until) entry) && entry.Until > now)
            {
                return entry.Until - now;
            }

            if (_entries.Count >= EntriesMax && !MakeRoom(now))
            {
                return WaitMax;
            }

            int failures = entry.Failures + 1;
            _entries[(name, address)] = (failures, now + WaitAfter(failures));
            return TimeSpan.Zero;
        }
    }

    public void Succeeded(string name, string address)
    {
        lock (_gate)
        {
            _entries.Remove((name, address));
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
