using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Transport;

/// <summary>Makes transports.</summary>
public static class Transports
{
    /// <param name="kind">What it is made of.</param>
    /// <param name="options">Limits and settings.</param>
    /// <param name="handler">The protocol spoken.</param>
    /// <param name="time">For the validity of certificates.</param>
    /// <param name="log">What the library has to say.</param>
    public static ITransport Create(
        TransportKind kind, TransportOptions options, ProtocolHandler handler, TimeProvider time, ILoggerFactory log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return kind switch
        {
            TransportKind.Sockets => new SocketTransport(options, handler, time, log.CreateLogger<SocketTransport>()),
            TransportKind.Kestrel => new KestrelTransport(options, handler, time, log),
        };
    }
}
