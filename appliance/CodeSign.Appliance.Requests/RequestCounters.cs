namespace CodeSign.Appliance.Requests;

/// <summary>What the appliance has done since it started.</summary>
public sealed class RequestCounters
{
    private long _requests;
    private long _signatures;

    public long Requests => Volatile.Read(ref _requests);

    public long Signatures => Volatile.Read(ref _signatures);

    internal void CountRequest() => Interlocked.Increment(ref _requests);

    internal void CountSignature() => Interlocked.Increment(ref _signatures);
}
