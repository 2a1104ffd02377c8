using System.Collections.Concurrent;

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

    private readonly ConcurrentDictionary<(string Name, string Address), (int Failures, DateTimeOffset Until)> _entries = new();

    /// <summary>How long this name may not be tried from this address; zero when it may.</summary>
    public TimeSpan Wait(string name, string address) =>
        _entries.TryGetValue((name, address), out (int Failures, DateTimeOffset Until) entry) && entry.Until > time.GetUtcNow()
            ? entry.Until - time.GetUtcNow()
            : TimeSpan.Zero;

    public void Failed(string name, string address)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_entries.Count >= EntriesMax)
        {
            foreach (KeyValuePair<(string Name, string Address), (int Failures, DateTimeOffset Until)> entry in _entries)
            {
                if (entry.Value.Until <= now)
                {
                    _entries.TryRemove(entry.Key, out _);
                }
            }
        }

        if (_entries.Count < EntriesMax)
        {
            _entries.AddOrUpdate((name, address), _ => (1, now), (_, before) => (before.Failures + 1, now + WaitAfter(before.Failures + 1)));
        }
    }

    public void Succeeded(string name, string address) => _entries.TryRemove((name, address), out _);

    private static TimeSpan WaitAfter(int failures) => failures <= FreeTries
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(WaitMax.TotalSeconds, Math.Pow(2, Math.Min(failures - FreeTries, 20))));
}
