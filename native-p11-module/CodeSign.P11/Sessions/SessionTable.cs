using System.Collections.Concurrent;
using CodeSign.P11.Tokens;

namespace CodeSign.P11.Sessions;

/// <summary>The open sessions by handle.</summary>
internal sealed class SessionTable
{
    /// <summary>Sessions of one process.</summary>
    public const int SessionsMax = 65_536;

    private readonly ConcurrentDictionary<ulong, Session> _sessions = new();
    private readonly HandleSource _handles = new();
    private int _count;

    /// <summary>Null where there are <see cref="SessionsMax"/>.</summary>
    public Session? Open(Token token, bool isReadWrite)
    {
        if (Interlocked.Increment(ref _count) > SessionsMax)
        {
            Interlocked.Decrement(ref _count);
            return null;
        }

        token.SessionOpened(isReadWrite);
        while (true)
        {
            Session session = new(_handles.Next(), token, isReadWrite);
            if (_sessions.TryAdd(session.Handle, session))
            {
                return session;
            }
        }
    }

    public Session? Find(ulong handle) => _sessions.GetValueOrDefault(handle);

    /// <summary>Closes one; a call that works in it ends on its own.</summary>
    public bool Close(ulong handle)
    {
        if (!_sessions.TryRemove(handle, out Session? session))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        session.Token.SessionClosed(session.IsReadWrite);
        return true;
    }

    /// <summary>Those of one token.</summary>
    public IReadOnlyList<Session> Of(Token token) => [.. _sessions.Values.Where(session => session.Token == token)];

    public void CloseAll(Token token)
    {
        foreach (KeyValuePair<ulong, Session> entry in _sessions)
        {
            if (entry.Value.Token == token)
            {
                Close(entry.Key);
            }
        }
    }

    public void Clear() => _sessions.Clear();
}
