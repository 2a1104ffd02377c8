using System.Net.Sockets;
using System.Text;

namespace CodeSign.Appliance.Hosting;

/// <summary>Tells systemd what the service is doing: datagrams to the socket it named (sd_notify(3)). Without one it does nothing.</summary>
internal static class ServiceNotification
{
    public static void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public static void Stopping() => Send("STOPPING=1\nSTATUS=Finishing what is in flight");

    private static void Send(string state)
    {
        if (ProcessEnvironment.NotifySocket is not { } path || path[0] is not ('/' or '@'))
        {
            return;
        }

        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

            // '@' stands for the zero byte of an abstract address.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // a manager that doesn't listen is no reason to stop serving
        }
    }
}
