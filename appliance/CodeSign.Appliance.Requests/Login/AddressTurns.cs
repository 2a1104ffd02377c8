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
    public const int RunningMax = Turns.RunningMax;

    private readonly Turns _turns = new(
        waitingMax,
        () => new FaultException(
            CKR.CKR_FUNCTION_FAILED, "password.busy", "Too many passwords or PINs are being checked for this address; try again in a few seconds."));

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
    public ValueTask<IDisposable> EnterAsync(string network, CancellationToken cancel) => _turns.EnterAsync(network, cancel);
}
