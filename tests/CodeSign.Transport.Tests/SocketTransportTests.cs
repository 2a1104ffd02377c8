using CodeSign.Appliance.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSign.Transport.Tests;

[TestClass]
public sealed class SocketTransportTests : TransportContract
{
    public override ITransport Create(TransportOptions options, ProtocolHandler handler) =>
        new SocketTransport(options, handler, TimeProvider.System, NullLogger<SocketTransport>.Instance);
}

[TestClass]
public sealed class SocketTransportLimitsTests : TransportLimitsContract
{
    public override ITransport Create(TransportOptions options, ProtocolHandler handler) =>
        new SocketTransport(options, handler, TimeProvider.System, NullLogger<SocketTransport>.Instance);
}
