using System.Net;

namespace CodeSign.Appliance.Store.Audit;

/// <summary>
/// Sums failures of peers that haven't authenticated, by address, reason and minute, so that nobody fills the disk with records of
/// being turned away.
/// </summary>
internal sealed class AnonymousFailures : IDisposable
{
    /// <summary>Different addresses and reasons in one minute; beyond, they are summed as one of unknown address.</summary>
    public const int KindsMax = 1000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Func<AuditEvent, Task> _record;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private Dictionary<(IPAddress Address, string Reason), long> _counts = [];

    /// <param name="time">Whose minute.</param>
    /// <param name="record">Writes a record.</param>
    public AnonymousFailures(TimeProvider time, Func<AuditEvent, Task> record)
    {
        _record = record;
        _timer = time.CreateTimer(_ => _ = FlushAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Count(IPAddress address, string reason) => Add((address, reason), 1);

    /// <summary>Writes what was counted so far. What can't be written is counted on.</summary>
    public async Task FlushAsync()
    {
        Dictionary<(IPAddress Address, string Reason), long> counts;
        lock (_gate)
        {
            counts = _counts;
            _counts = [];
        }

        (KeyValuePair<(IPAddress Address, string Reason), long> Count, Task Written)[] writing =
            [.. counts.Select(count => (count, RecordAsync(count.Key.Address, count.Key.Reason, count.Value)))];
        foreach ((KeyValuePair<(IPAddress Address, string Reason), long> count, Task written) in writing)
        {
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!written.IsCompletedSuccessfully)
            {
                Add(count.Key, count.Value);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Add((IPAddress Address, string Reason) kind, long count)
    {
        lock (_gate)
        {
            if (_counts.Count == 0)
            {
                _timer.Change(Window, Timeout.InfiniteTimeSpan);
            }

            if (_counts.Count >= KindsMax && !_counts.ContainsKey(kind))
            {
                kind = (IPAddress.None, "many");
            }

            _counts[kind] = _counts.GetValueOrDefault(kind) + count;
        }
    }

    private async Task RecordAsync(IPAddress address, string reason, long count) => await _record(new AuditEvent
    {
        Event = "authentication.failed",
        Outcome = "refused",
        Reason = reason,
        Address = ReferenceEquals(address, IPAddress.None) ? "various" : address.ToString(),
        Count = count,
    });
}
