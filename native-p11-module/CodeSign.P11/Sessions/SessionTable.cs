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

    /// <summary>Null where there are <see cref="SessionsMax"/>.</summary>
    public Session? Open(Token token, bool isReadWrite)
    {
        while (_sessions.Count < SessionsMax)
        {
            Session session = new(_handles.Next(), token, isReadWrite);
            if (_sessions.TryAdd(session.Handle, session))
            {
                return session;
            }
        }

        return null;
    }

    public Session? Find(ulong handle) => _sessions.GetValueOrDefault(handle);

    /// <summary>Closes one; a call that works in it ends on its own. The last one of a token ends the login.</summary>
    public bool Close(ulong handle)
    {
        if (!_sessions.TryRemove(handle, out Session? session))
        {
            return false;
        }

        if (Count(session.Token, readWriteOnly: false) == 0)
        {
            session.Token.Login.Suspend();
        }

        return true;
    }

    public void CloseAll(Token token)
    {
        foreach (KeyValuePair<ulong, Session> entry in _sessions)
        {
            if (entry.Value.Token == token)
            {
                _sessions.TryRemove(entry);
            }
        }

        token.Login.Suspend();
    }

    public int Count(Token token, bool readWriteOnly)
    {
        int count = 0;
        foreach (KeyValuePair<ulong, Session> entry in _sessions)
        {
            if (entry.Value.Token == token && (!readWriteOnly || entry.Value.IsReadWrite))
            {
                count++;
            }
        }

        return count;
    }

    public void Clear() => _sessions.Clear();
}
