namespace CodeSign.Appliance.Transport;

/// <summary>
/// Counts connections from their accept, before any TLS is spent on them: all of them, and those whose peer hasn't proved who it is.
/// </summary>
internal sealed class ConnectionLimits(int connectionsMax, int unauthenticatedMax)
{
    private readonly Lock _lock = new();
    private int _connections;
    private int _unauthenticated;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>A place for one more connection, or null when a limit is reached.</summary>
    public Place? TryEnter()
    {
        lock (_lock)
        {
            if (_connections >= connectionsMax || _unauthenticated >= unauthenticatedMax)
            {
                return null;
            }

            _connections++;
            _unauthenticated++;
            return new Place(this);
        }
    }

    /// <summary>One connection's place in both counts.</summary>
    internal sealed class Place(ConnectionLimits limits) : IDisposable
    {
        private bool _authenticated;
        private bool _left;

        /// <summary>The peer proved who it is. Called again, or after the connection is gone, it does nothing.</summary>
        public void Authenticated()
        {
            lock (limits._lock)
            {
                if (!_authenticated && !_left)
                {
                    _authenticated = true;
                    limits._unauthenticated--;
                }
            }
        }

        public void Dispose()
        {
            lock (limits._lock)
            {
                if (_left)
                {
                    return;
                }

                _left = true;
                limits._connections--;
                limits._unauthenticated -= _authenticated ? 0 : 1;
            }
        }
    }
}
