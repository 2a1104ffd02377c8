namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// An unsealed key ready to sign. Counted: the cache holds it once, each signature in progress once more; whoever lets go last
/// frees it, so that eviction never pulls a key from under a signature.
/// </summary>
internal abstract class PreparedKey
{
    private int _holders = 1;
    private long _lastUse;

    /// <summary>Timestamp of the last use; approximate, nobody locks for it.</summary>
    public long LastUse
    {
        get => Volatile.Read(ref _lastUse);
        set => Volatile.Write(ref _lastUse, value);
    }

    /// <summary>False when it has been freed already.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Free();
        }
    }

    /// <param name="input">Parameters.</param>
    /// <param name="data">As <see cref="SigningRules.Check"/> gave it.</param>
    public abstract byte[] Sign(in SignatureInput input, ReadOnlySpan<byte> data);

    protected abstract void Free();
}
