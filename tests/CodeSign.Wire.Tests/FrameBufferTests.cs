using CodeSign.Wire.Framing;

namespace CodeSign.Wire.Tests;

[TestClass]
public sealed class FrameBufferTests
{
    [TestMethod]
    [DataRow("00000001", 1)]
    [DataRow("00100000", ProtocolLimits.FrameBytesMax)]
    public void Reads_lengths_within_the_limit(string prefix, int length) =>
        Assert.AreEqual(length, FrameBuffer.ReadLength(Convert.FromHexString(prefix)));

    [TestMethod]
    [DataRow("00000000")]
    [DataRow("00100001")]
    [DataRow("7fffffff")]
    [DataRow("80000000")]
    [DataRow("ffffffff")]
    public void Refuses_lengths_outside(string prefix) =>
        Assert.ThrowsExactly<ProtocolViolationException>(() => FrameBuffer.ReadLength(Convert.FromHexString(prefix)));

    [TestMethod]
    public void Refuses_before_the_hello_what_it_takes_after_it()
    {
        Assert.AreEqual(0x4000, FrameBuffer.ReadLength([0, 0, 0x40, 0], ProtocolLimits.HelloFrameBytesMax));
        Assert.ThrowsExactly<ProtocolViolationException>(() => FrameBuffer.ReadLength([0, 0, 0x40, 1], ProtocolLimits.HelloFrameBytesMax));
        Assert.AreEqual(0x4001, FrameBuffer.ReadLength([0, 0, 0x40, 1]));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(FrameBuffer.SmallBytes - ProtocolLimits.LengthPrefixBytes)]
    [DataRow(FrameBuffer.SmallBytes - ProtocolLimits.LengthPrefixBytes + 1)]
    [DataRow(ProtocolLimits.FrameBytesMax)]
    public void Rents_what_is_asked(int length)
    {
        using FrameBuffer buffer = FrameBuffer.Rent(length);

        Assert.AreEqual(length, buffer.Length);
        Assert.AreEqual(length, FrameBuffer.ReadLength(buffer.WithPrefix.Span));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    [DataRow(ProtocolLimits.FrameBytesMax + 1)]
    public void Refuses_to_rent_outside_the_limits(int length) =>
        Assert.ThrowsExactly<ProtocolViolationException>(() => FrameBuffer.Rent(length).Dispose());

    [TestMethod]
    [DoNotParallelize]   // a short buffer's memory is another test's soon
    [DataRow(100)]
    [DataRow(10_000)]
    public void Leaves_nothing_behind(int length)
    {
        FrameBuffer buffer = FrameBuffer.Rent(length);
        Memory<byte> kept = buffer.Memory;
        kept.Span.Fill(0xa5);

        buffer.Dispose();
        buffer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => buffer.Memory);
        Assert.IsFalse(kept.Span.ContainsAnyExcept((byte)0));
    }
}
