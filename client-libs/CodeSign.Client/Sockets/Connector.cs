using System.Globalization;
using System.Runtime.InteropServices;

namespace CodeSign.Client.Sockets;

/// <summary>Finds a server's addresses and connects to the first that accepts.</summary>
internal static unsafe class Connector
{
    /// <summary>0, 1 and 2 are never used: a host that closed them would write its messages into the connection.</summary>
    private const int LowestDescriptor = 3;

    private const int KeepIdleSeconds = 60;
    private const int KeepIntervalSeconds = 10;
    private const int KeepCount = 3;
    private const int UntakenMs = 10_000;

    /// <summary>Addresses of one name that are tried.</summary>
    private const int AddressesMax = 8;

    /// <exception cref="SocketFault">No address, or none that accepts before the deadline.</exception>
    public static SocketStream Connect(ServerAddress server, Deadline deadline, ClientHooks hooks)
    {
        Libc.AddressEntry hints = new() { Family = Libc.AddressFamilyAny, SocketType = Libc.SocketStream };
        Libc.AddressEntry* addresses;
        int failure = Libc.GetAddresses(server.Host, server.Port.ToString(CultureInfo.InvariantCulture), &hints, &addresses);
        if (failure != 0)
        {
            throw new SocketFault(SocketFaultKind.NameResolution, "the name has no address");
        }

        try
        {
            if (deadline.RemainingMs == 0)
            {
                // The C library alone decides how long it looks a name up.
                throw new SocketFault(SocketFaultKind.SlowName, "the name's address came too late");
            }

            return ConnectToAny(addresses, deadline, hooks);
        }
        finally
        {
            Libc.FreeAddresses(addresses);
        }
    }

    /// <summary>False when the deadline passed first.</summary>
    internal static bool WaitFor(int descriptor, short events, Deadline deadline)
    {
        Libc.PollEntry entry = new() { Descriptor = descriptor, Events = events };
        while (true)
        {
            int remaining = deadline.RemainingMs;
            int ready = Libc.Poll(&entry, 1, remaining);
            if (ready > 0)
            {
                return true;
            }

            if (ready < 0 && Marshal.GetLastPInvokeError() is not (Libc.Interrupted or Libc.TryAgain))
            {
                throw new SocketFault(SocketFaultKind.Broken, SocketFault.Describe(Marshal.GetLastPInvokeError()));
            }

            if (remaining == 0)
            {
                return false;
            }
        }
    }

    private static SocketStream ConnectToAny(Libc.AddressEntry* addresses, Deadline deadline, ClientHooks hooks)
    {
        int left = 0;
        for (Libc.AddressEntry* at = addresses; at is not null && left < AddressesMax; at = at->Next)
        {
            left++;
        }

        SocketFault? last = null;
        for (Libc.AddressEntry* at = addresses; left > 0; at = at->Next, left--)
        {
            try
            {
                return ConnectTo(at, deadline.Share(left), hooks);
            }
            catch (SocketFault fault)
            {
                last = fault;
            }
        }

        throw last ?? new SocketFault(SocketFaultKind.NameResolution, "the name has no address");
    }

    private static SocketStream ConnectTo(Libc.AddressEntry* address, Deadline deadline, ClientHooks hooks)
    {
        int descriptor = OpenSocket(address->Family);
        try
        {
            int result = Libc.Connect(descriptor, address->Address, address->AddressLength);
            int error = result == 0 ? 0 : Marshal.GetLastPInvokeError();

            // After EINTR the connection goes on being made (POSIX connect): waiting is the same as for EINPROGRESS.
            if (error is Libc.InProgress or Libc.Interrupted)
            {
                error = WaitFor(descriptor, Libc.PollOut, deadline) ? PendingError(descriptor) : Libc.TimedOut;
            }

            if (error != 0)
            {
                throw new SocketFault(
                    error == Libc.TimedOut ? SocketFaultKind.Timeout : SocketFaultKind.Unreachable, SocketFault.Describe(error));
            }

            SetUp(descriptor);
            hooks.DescriptorOpened?.Invoke(descriptor);
            return new SocketStream(descriptor, hooks.DescriptorClosing);
        }
        catch
        {
            _ = Libc.Close(descriptor);
            throw;
        }
    }

    /// <summary>
    /// A machine in between that forgets a connection says nothing: probes keep it awake, and what nobody has taken after ten seconds
    /// is given up, well before an answer would be.
    /// </summary>
    private static void SetUp(int descriptor)
    {
        Set(descriptor, Libc.TcpLevel, Libc.TcpNoDelay, 1);
        Set(descriptor, Libc.SocketLevel, Libc.SocketKeepAlive, 1);
        Set(descriptor, Libc.TcpLevel, Libc.TcpKeepIdle, KeepIdleSeconds);
        Set(descriptor, Libc.TcpLevel, Libc.TcpKeepInterval, KeepIntervalSeconds);
        Set(descriptor, Libc.TcpLevel, Libc.TcpKeepCount, KeepCount);
        Set(descriptor, Libc.TcpLevel, Libc.TcpUserTimeout, UntakenMs);
    }

    private static void Set(int descriptor, int level, int option, int value) =>
        _ = Libc.SetOption(descriptor, level, option, &value, sizeof(int));

    private static int OpenSocket(int family)
    {
        int descriptor = Libc.Socket(family, Libc.SocketStream | Libc.SocketNonBlocking | Libc.SocketCloseOnExec, 0);
        if (descriptor is >= 0 and < LowestDescriptor)
        {
            int lifted = Libc.Control(descriptor, Libc.DuplicateCloseOnExec, LowestDescriptor);
            int error = Marshal.GetLastPInvokeError();
            _ = Libc.Close(descriptor);
            Marshal.SetLastPInvokeError(error);
            descriptor = lifted;
        }

        return descriptor >= 0
            ? descriptor
            : throw new SocketFault(SocketFaultKind.Unreachable, SocketFault.Describe(Marshal.GetLastPInvokeError()));
    }

    private static int PendingError(int descriptor)
    {
        int error = 0;
        uint length = sizeof(int);
        return Libc.GetOption(descriptor, Libc.SocketLevel, Libc.SocketError, &error, &length) == 0
            ? error
            : Marshal.GetLastPInvokeError();
    }
}
