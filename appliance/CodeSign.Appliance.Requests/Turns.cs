using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests;

/// <summary>
/// A few at a time for each name, a bounded number behind them: whoever asks for much costly work waits for itself, and others
/// don't wait for it.
/// </summary>
/// <param name="waitingMax">Waiting for their turn, for one name; more are refused.</param>
/// <param name="busy">What those are told.</param>
internal sealed class Turns(int waitingMax, Func<FaultException> busy)
{
    /// <summary>At work for one name.</summary>
    public const int RunningMax = 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Place> _places = [];

    /// <summary>Waits for a turn; disposing what it returns gives it back.</summary>
    /// <exception cref="FaultException">Too many of this name wait already.</exception>
    public async ValueTask<IDisposable> EnterAsync(string name, CancellationToken cancel)
    {
        Place? place;
        lock (_gate)
        {
            if (!_places.TryGetValue(name, out place))
            {
                _places.Add(name, place = new Place(this, name));
            }

            if (place.Holders >= RunningMax + waitingMax)
            {
                throw busy();
            }

            place.Holders++;
        }

        try
        {
            await place.Turns.WaitAsync(cancel);
            return new Turn(place);
        }
        catch
        {
            Leave(place);
            throw;
        }
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            if (--place.Holders == 0)
            {
                _places.Remove(place.Name);
                place.Turns.Dispose();
            }
        }
    }

    private sealed class Place(Turns owner, string name)
    {
        public string Name { get; } = name;

        public SemaphoreSlim Turns { get; } = new(RunningMax);

        public int Holders { get; set; }

        public void Leave() => owner.Leave(this);
    }

    private sealed class Turn(Place place) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                place.Turns.Release();
                place.Leave();
            }
        }
    }
}
