using CodeSign.Appliance.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSign.Transport.Tests;

[TestClass]
public sealed class KestrelTransportTests : TransportContract
{
    public override ITransport Create(TransportOptions options, ProtocolHandler handler) =>
        new KestrelTransport(options, handler, TimeProvider.System, NullLoggerFactory.Instance);
}

[TestClass]
public sealed class KestrelTransportLimitsTests : TransportLimitsContract
{
    public override ITransport Create(TransportOptions options, ProtocolHandler handler) =>
        new KestrelTransport(options, handler, TimeProvider.System, NullLoggerFactory.Instance);
}
