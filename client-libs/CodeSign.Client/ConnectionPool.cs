using System.Diagnostics.CodeAnalysis;
using CodeSign.Client.Sockets;

namespace CodeSign.Client;

/// <summary>
/// The connections of one client: as many as threads that ask at once, at most <see cref="ApplianceClient.ConnectionsMax"/>; the
/// most recently used is used next. Never holds its lock while it waits for the network.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    private readonly object _monitor = new();
    private readonly Stack<Connection> _idle = new(ApplianceClient.ConnectionsMax);
    private readonly Func<Deadline, Connection> _open;
    private readonly int _waitMs;
    private long _generation;
    private int _count;
    private bool _isClosed;

    /// <param name="open">Makes a connection that is ready for requests.</param>
    /// <param name="waitMs">How long to wait at most for one while all are in use.</param>
    public ConnectionPool(Func<Deadline, Connection> open, int waitMs)
    {
        _open = open;
        _waitMs = waitMs;
    }

    /// <summary>A connection for one request; give it back with <see cref="Return"/>.</summary>
    /// <param name="fresh">True where it must not be one that lay idle.</param>
    /// <param name="deadline">When nobody waits for it any more.</param>
    public Connection Rent(bool fresh, Deadline deadline)
    {
        long generation;
        while (TryTakeIdle(fresh, deadline, out Connection? idle, out generation))
        {
            if (!fresh && !idle.IsStale && idle.IsUsable())
            {
                return idle;
            }

            idle.Dispose();
            GivePlaceBack(idle.Generation);
        }

        return OpenInPlace(generation, deadline);
    }

    /// <summary>Takes a connection back, broken or not.</summary>
    public void Return(Connection connection)
    {
        bool keep;
        lock (_monitor)
        {
            bool isCurrent = connection.Generation == _generation && !_isClosed;
            keep = isCurrent && connection.IsUsable();
            if (keep)
            {
                _idle.Push(connection);
            }
            else if (isCurrent)
            {
                _count--;
            }

            Monitor.Pulse(_monitor);
        }

        if (!keep)
        {
            connection.Dispose();
        }
    }

    /// <summary>Closes the idle ones without a word; those in use are closed when they come back.</summary>
    public void DropAll() => Empty(close: false, of: null);

    /// <summary>As <see cref="DropAll()"/>, where this is still the pool's generation: what came after it is as good as before.</summary>
    public void DropAll(long generation) => Empty(close: false, of: generation);

    public void Dispose() => Empty(close: true, of: null);

    private void Empty(bool close, long? of)
    {
        Connection[] dropped;
        lock (_monitor)
        {
            if (of is { } generation && generation != _generation)
            {
                return;
            }

            dropped = [.. _idle];
            _idle.Clear();
            _count = 0;
            _generation++;
            _isClosed |= close;
            Monitor.PulseAll(_monitor);
        }

        foreach (Connection connection in dropped)
        {
            if (close)
            {
                connection.Close();
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    private Connection OpenInPlace(long generation, Deadline deadline)
    {
        try
        {
            Connection connection = _open(deadline);
            connection.Generation = generation;
            return connection;
        }
        catch
        {
            GivePlaceBack(generation);
            throw;
        }
    }

    /// <summary>An idle connection; false: there is a place for a new one, and it is taken.</summary>
    private bool TryTakeIdle(bool fresh, Deadline deadline, [NotNullWhen(true)] out Connection? idle, out long generation)
    {
        int waitMs = deadline.AtMostMs(_waitMs);
        Deadline giveUp = Deadline.In(waitMs);
        lock (_monitor)
        {
            while (true)
            {
                generation = _generation;
                if (_isClosed)
                {
                    throw Fault.Closed();
                }

                if (_count < ApplianceClient.ConnectionsMax && (fresh || _idle.Count == 0))
                {
                    _count++;
                    idle = null;
                    return false;
                }

                if (_idle.TryPop(out idle))
                {
                    return true;
                }

                if (giveUp.RemainingMs == 0)
                {
                    throw Fault.PoolTimeout(ApplianceClient.ConnectionsMax, waitMs);
                }

                Monitor.Wait(_monitor, giveUp.RemainingMs);
            }
        }
    }

    private void GivePlaceBack(long generation)
    {
        lock (_monitor)
        {
            if (generation == _generation)
            {
                _count--;
            }

            Monitor.Pulse(_monitor);
        }
    }
}
