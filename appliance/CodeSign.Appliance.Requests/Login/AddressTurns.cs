using System.Net;
using System.Net.Sockets;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// A few at a time for each address, a bounded number behind them: whoever asks for much costly work waits for itself, and others
/// don't wait for it.
/// </summary>
/// <param name="waitingMax">Waiting for their turn, for one address; more are refused.</param>
internal sealed class AddressTurns(int waitingMax)
{
    /// <summary>At work for one address.</summary>
    public const int RunningMax = 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Place> _places = [];

    /// <summary>Addresses that are as easily had as one: an IPv6 network of 56 bits is what one customer is given.</summary>
    public static string NetworkOf(string address)
    {
        if (!IPAddress.TryParse(address, out IPAddress? ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (ip.IsIPv4MappedToIPv6)
        {
            return ip.MapToIPv4().ToString();
        }

        byte[] bytes = ip.GetAddressBytes();
        bytes.AsSpan(7).Clear();
        return new IPAddress(bytes) + "/56";
    }

    /// <summary>Waits for a turn; disposing what it returns gives it back.</summary>
    /// <exception cref="FaultException">password.busy: too many of this address wait already.</exception>
    public async ValueTask<IDisposable> EnterAsync(string network, CancellationToken cancel)
    {
        Place? place;
        lock (_gate)
        {
            if (!_places.TryGetValue(network, out place))
            {
                _places.Add(network, place = new Place(this, network));
            }

            if (place.Holders >= RunningMax + waitingMax)
            {
                throw new FaultException(
                    CKR.CKR_FUNCTION_FAILED, "password.busy", "Too many passwords or PINs are being checked for this address; try again in a few seconds.");
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
                _places.Remove(place.Network);
                place.Turns.Dispose();
            }
        }
    }

    private sealed class Place(AddressTurns owner, string network)
    {
        public string Network { get; } = network;

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
