using CodeSign.Client.Sockets;

namespace CodeSign.Client;

/// <summary>
/// The configured servers and how they were lately. Fails fast: after a failure a server isn't tried again before its back-off has
/// passed, and then by one thread only; meanwhile everybody gets the last failure at once.
/// </summary>
internal sealed class ServerRoster
{
    /// <summary>First wait after a failure, doubled with each.</summary>
    public const int BackOffFirstMs = 50;

    /// <summary>Longest wait: a server that is back is noticed within this time.</summary>
    public const int BackOffMaxMs = 1000;

    /// <summary>How long others wait for the one that tries: a refused connection is known at once.</summary>
    private const int ProbeWaitMs = 100;

    private readonly object _monitor = new();
    private readonly Entry[] _entries;
    private int _preferred;

    public ServerRoster(IReadOnlyList<ServerAddress> servers) => _entries = [.. servers.Select(server => new Entry(server))];

    /// <summary>A connection to the first server that gives one, the last good one first.</summary>
    /// <param name="open">Connects; throws <see cref="ApplianceException"/>.</param>
    /// <param name="deadline">No further server is tried then.</param>
    /// <exception cref="ApplianceException">The appliance's refusal, or what the last server failed with.</exception>
    public Connection Open(Func<ServerAddress, Connection> open, Deadline deadline)
    {
        ApplianceException? last = null;
        int first = Volatile.Read(ref _preferred);
        for (int offset = 0; offset < _entries.Length && (last is null || deadline.RemainingMs > 0); offset++)
        {
            int index = (first + offset) % _entries.Length;
            Entry entry = _entries[index];
            if (!TryEnter(entry, out ApplianceException? known))
            {
                last = Fault.Again(known!);
                continue;
            }

            try
            {
                Connection connection = open(entry.Server);
                Leave(entry, null);
                Volatile.Write(ref _preferred, index);
                return connection;
            }
            catch (ApplianceException fault)
            {
                Leave(entry, fault.IsRefusal ? null : fault);
                if (fault.IsRefusal)
                {
                    throw;
                }

                last = fault;
            }
            catch
            {
                Leave(entry, null);
                throw;
            }
        }

        throw last ?? Fault.Configuration("The configuration names no server; add a line 'server = HOST:PORT' or run 'csctl trust add'.");
    }

    /// <summary>False where the server failed lately: then with what.</summary>
    private bool TryEnter(Entry entry, out ApplianceException? known)
    {
        long giveUpTick = Environment.TickCount64 + ProbeWaitMs;
        lock (_monitor)
        {
            while (true)
            {
                known = entry.LastFailure;
                if (known is null)
                {
                    return true;
                }

                if (!entry.IsProbed)
                {
                    entry.IsProbed = Environment.TickCount64 >= entry.RetryAtTick;
                    return entry.IsProbed;
                }

                int leftMs = (int)(giveUpTick - Environment.TickCount64);
                if (leftMs <= 0)
                {
                    return false;
                }

                Monitor.Wait(_monitor, leftMs);
            }
        }
    }

    private void Leave(Entry entry, ApplianceException? failure)
    {
        lock (_monitor)
        {
            entry.IsProbed = false;
            entry.LastFailure = failure;
            entry.BackOffMs = failure is null ? 0 : Math.Clamp(entry.BackOffMs * 2, BackOffFirstMs, BackOffMaxMs);
            entry.RetryAtTick = Environment.TickCount64 + entry.BackOffMs;
            Monitor.PulseAll(_monitor);
        }
    }

    private sealed class Entry(ServerAddress server)
    {
        public ServerAddress Server { get; } = server;

        public ApplianceException? LastFailure { get; set; }

        public long RetryAtTick { get; set; }

        public int BackOffMs { get; set; }

        public bool IsProbed { get; set; }
    }
}
