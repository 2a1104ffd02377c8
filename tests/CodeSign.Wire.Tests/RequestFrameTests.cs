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
            7, OperationCode.Login, new LoginRequest { ProjectId = "0011223344556677" }, [1, 2], [3, 4, 5], [6], secrets: 2);
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);

        Assert.AreEqual(7UL, received.Correlation);
        Assert.AreEqual(OperationCode.Login, received.Operation);
        Assert.AreEqual("0011223344556677", LoginRequest.Parser.ParseFrom(received.Body.Span).ProjectId);
        Assert.AreEqual("0102", Convert.ToHexString(received.Ticket.Span));
        Assert.HasCount(2, received.Secrets);
        Assert.AreEqual("030405", Convert.ToHexString(received.Secrets[0].Span));
        Assert.AreEqual("06", Convert.ToHexString(received.Secrets[1].Span));
    }

    [TestMethod]
    public void An_empty_secret_is_a_secret()
    {
        using RequestFrame sent = RequestFrame.Create(1, OperationCode.Login, new LoginRequest(), secrets: 1);
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);

        Assert.HasCount(1, received.Secrets);
        Assert.IsTrue(received.Secrets[0].IsEmpty);
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
        using RequestFrame sent = RequestFrame.Create(
            ulong.MaxValue, OperationCode.Sign, new SignRequest { Data = ByteString.CopyFrom(new byte[bytes]) });
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);

        Assert.AreEqual(ulong.MaxValue, received.Correlation);
        Assert.HasCount(bytes, SignRequest.Parser.ParseFrom(received.Body.Span).Data);
    }

    [TestMethod]
    public void Takes_a_ticket_of_the_limit_and_refuses_one_byte_more()
    {
        using RequestFrame sent = RequestFrame.Create(
            1, OperationCode.Logout, new LogoutRequest(), ticket: new byte[ProtocolLimits.TicketBytesMax]);
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);

        Assert.IsTrue(received.Ticket.Span.SequenceEqual(new byte[ProtocolLimits.TicketBytesMax]));
        Refuses(() => RequestFrame.Create(1, OperationCode.Logout, new LogoutRequest(), ticket: new byte[ProtocolLimits.TicketBytesMax + 1]));
    }

    [TestMethod]
    public void Takes_a_secret_of_the_limit_and_refuses_one_byte_more()
    {
        byte[] longest = new byte[ProtocolLimits.SecretBytesMax];
        byte[] longer = new byte[ProtocolLimits.SecretBytesMax + 1];
        using RequestFrame sent = RequestFrame.Create(1, OperationCode.Login, new LoginRequest(), secret: longest, secondSecret: longest, secrets: 2);
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);

        Assert.IsTrue(received.Secrets.All(secret => secret.Length == ProtocolLimits.SecretBytesMax));
        Refuses(() => RequestFrame.Create(1, OperationCode.Login, new LoginRequest(), secret: longer, secrets: 1));
        Refuses(() => RequestFrame.Create(1, OperationCode.Login, new LoginRequest(), secondSecret: longer, secrets: 2));
    }

    [TestMethod]
    public void Takes_a_frame_of_the_limit_and_refuses_one_byte_more()
    {
        using RequestFrame smallest = RequestFrame.Create(1, OperationCode.Sign, new SignRequest { Data = ByteString.CopyFrom(new byte[1 << 19]) });
        int others = smallest.Bytes.Length - ProtocolLimits.LengthPrefixBytes - (1 << 19);
        int data = ProtocolLimits.FrameBytesMax - others;
        using RequestFrame sent = RequestFrame.Create(1, OperationCode.Sign, new SignRequest { Data = ByteString.CopyFrom(new byte[data]) });

        Assert.AreEqual(ProtocolLimits.FrameBytesMax, FrameBuffer.ReadLength(sent.Bytes.Span));
        using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);
        Assert.AreEqual(OperationCode.Sign, received.Operation);
        Refuses(() => RequestFrame.Create(1, OperationCode.Sign, new SignRequest { Data = ByteString.CopyFrom(new byte[data + 1]) }));
    }

    [TestMethod]
    public void Refuses_to_write_correlation_0() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(
        () => RequestFrame.Create(0, OperationCode.Logout, new LogoutRequest()));

    [TestMethod]
    public void Reads_an_operation_of_a_later_version_as_a_number()
    {
        using RequestFrame received = Wires.ReceiveRequest(Wires.Frame(0x08, 1, 0x10, 0xff, 0x7f));
        using RequestFrame huge = Wires.ReceiveRequest(Wires.Frame(0x08, 1, 0x10, 0x80, 0x80, 0x80, 0x80, 0x10));

        Assert.AreEqual(16383, (int)received.Operation);
        Assert.AreEqual(OperationCode.None, huge.Operation);
    }

    [TestMethod]
    public void Needs_little_memory_to_sign()
    {
        SignRequest sign = new()
        {
            ProjectId = "0011223344556677",
            KeyId = ByteString.CopyFrom(new byte[17]),
            Mechanism = 0x40,
            Data = ByteString.CopyFrom(new byte[32]),
            RequestId = ByteString.CopyFrom(new byte[16]),
        };
        SignResponse signature = new() { Signature = ByteString.CopyFrom(new byte[64]) };
        long Once()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using RequestFrame sent = RequestFrame.Create(1, OperationCode.Sign, sign, ticket: new byte[64]);
            using RequestFrame received = Wires.ReceiveRequest(sent.Bytes.Span);
            using ResponseFrame answer = ResponseFrame.Success(received.Correlation, signature);
            using ResponseFrame read = Wires.ReceiveResponse(answer.Bytes.Span);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // Four frames and their buffers, and the ticket of this test. The arrays come from the pool.
        Assert.IsLessThanOrEqualTo(1024L, Enumerable.Range(0, 20).Min(_ => Once()));
    }

    private static void Refuses(Func<RequestFrame> create) => Assert.ThrowsExactly<ProtocolViolationException>(() => create().Dispose());
}
