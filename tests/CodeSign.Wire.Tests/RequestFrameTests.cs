using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Wire.Tests;

[TestClass]
public sealed class RequestFrameTests
{
    [TestMethod]
    public void Round_trips()
    {
        using RequestFrame sent = RequestFrame.Create(
            7, OperationCode.Login, new LoginRequest { ProjectId = "0011223344556677" }, [1, 2], [3, 4, 5], secrets: 1);

        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(sent.Bytes.Span));
        sent.Bytes[ProtocolLimits.LengthPrefixBytes..].CopyTo(buffer.Memory);
        using RequestFrame received = RequestFrame.Parse(buffer);

        Assert.AreEqual(7UL, received.Correlation);
        Assert.AreEqual(OperationCode.Login, received.Operation);
        Assert.AreEqual("0011223344556677", LoginRequest.Parser.ParseFrom(received.Body.Span).ProjectId);
        Assert.AreEqual("0102", Convert.ToHexString(received.Ticket.Span));
        Assert.HasCount(1, received.Secrets);
        Assert.AreEqual("030405", Convert.ToHexString(received.Secrets[0].Span));
    }

    [TestMethod]
    [DataRow(127)]
    [DataRow(128)]
    [DataRow(255)]
    [DataRow(256)]
    [DataRow(16383)]
    [DataRow(16384)]
    public void Lengths_of_any_size_are_written(int bytes)
    {
        using RequestFrame sent = RequestFrame.Create(ulong.MaxValue, OperationCode.Sign, new SignRequest { Data = ByteString.CopyFrom(new byte[bytes]) });

        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(sent.Bytes.Span));
        sent.Bytes[ProtocolLimits.LengthPrefixBytes..].CopyTo(buffer.Memory);
        using RequestFrame received = RequestFrame.Parse(buffer);

        Assert.AreEqual(ulong.MaxValue, received.Correlation);
        Assert.HasCount(bytes, SignRequest.Parser.ParseFrom(received.Body.Span).Data);
    }
}
