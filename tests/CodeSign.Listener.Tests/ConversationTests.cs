using CodeSign.Appliance.Transport;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;

namespace CodeSign.Listener.Tests;

[TestClass]
public sealed class ConversationTests
{
    private static readonly HelloRequest Hello = new() { ProtocolMin = 1, ProtocolMax = 1, Client = "test" };

    [TestMethod]
    public async Task Greets_and_tells_its_limits()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.Hello, Hello);

        using ResponseFrame answer = await ReceiveAsync(connection);

        HelloResponse hello = HelloResponse.Parser.ParseFrom(answer.Body.Span);
        Assert.AreEqual((uint)ProtocolLimits.FrameBytesMax, hello.FrameBytesMax);
        Assert.AreEqual((uint)ProtocolLimits.InFlightMax, hello.InFlightMax);
        Assert.IsNull(hello.Caller);
    }

    [TestMethod]
    public async Task A_client_of_the_future_alone_is_told_so()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.Hello, new HelloRequest { ProtocolMin = 2, ProtocolMax = 3 });

        using ResponseFrame answer = await ReceiveAsync(connection);

        Assert.AreEqual("protocol.version", answer.Status?.Reason);
    }

    [TestMethod]
    public async Task A_newer_client_that_still_knows_version_1_is_served()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.Hello, new HelloRequest { ProtocolMin = 1, ProtocolMax = 9 });

        using ResponseFrame answer = await ReceiveAsync(connection);

        Assert.IsNull(answer.Status);
    }

    [TestMethod]
    public async Task Anything_before_hello_ends_the_connection()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.ListTokens, new ListTokensRequest());

        Assert.IsNull(await connection.ReceiveAsync());
        await connection.Conversation.WaitAsync(TimeSpan.FromSeconds(30), TestContext.CancellationToken);
    }

    [TestMethod]
    [DataRow("00000000")]
    [DataRow("00100001")]
    [DataRow("ffffffff")]
    [DataRow("0000000100")]
    [DataRow("000000020801")]
    [DataRow("474554202f20485454502f312e310d0a")]
    public async Task Bytes_that_are_no_request_end_the_connection(string hex)
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(Convert.FromHexString(hex));

        Assert.IsNull(await connection.ReceiveAsync());
    }

    [TestMethod]
    public async Task A_frame_cut_short_ends_the_connection()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(Convert.FromHexString("0000000a0801"));
        await connection.HalfCloseAsync();

        Assert.IsNull(await connection.ReceiveAsync());
    }

    [TestMethod]
    [DataRow(false, DisplayName = "first of all")]
    [DataRow(true, DisplayName = "after a hello that proved nothing")]
    public async Task A_stranger_s_frame_of_the_limit_is_answered_and_one_byte_more_ends_the_connection(bool greeted)
    {
        foreach (int bytes in new[] { ProtocolLimits.HelloFrameBytesMax, ProtocolLimits.HelloFrameBytesMax + 1 })
        {
            await using ServedConnection connection = new();
            if (greeted)
            {
                await connection.SendAsync(1, OperationCode.Hello, Hello);
                using ResponseFrame hello = await ReceiveAsync(connection);
            }

            await connection.SendAsync(HelloOf(bytes));

            using ResponseFrame? answer = await connection.ReceiveAsync();
            Assert.AreEqual(bytes <= ProtocolLimits.HelloFrameBytesMax ? 2UL : null, answer?.Correlation);
        }
    }

    [TestMethod]
    public async Task A_request_in_single_bytes_is_a_request()
    {
        await using ServedConnection connection = new();
        byte[] bytes;
        using (RequestFrame frame = RequestFrame.Create(1, OperationCode.Hello, Hello))
        {
            bytes = frame.Bytes.ToArray();
        }

        foreach (byte one in bytes)
        {
            await connection.SendAsync(new[] { one });
        }

        using ResponseFrame answer = await ReceiveAsync(connection);
        Assert.AreEqual(1UL, answer.Correlation);
    }

    [TestMethod]
    public async Task Many_requests_at_once_are_each_answered_once()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.Hello, Hello);
        using ResponseFrame hello = await ReceiveAsync(connection);
        const int Count = (ProtocolLimits.InFlightMax * 2) + 1;
        for (ulong i = 2; i < Count + 2; i++)
        {
            await connection.SendAsync(i, OperationCode.ListTokens, new ListTokensRequest());
        }

        HashSet<ulong> seen = [];
        for (int i = 0; i < Count; i++)
        {
            using ResponseFrame answer = await ReceiveAsync(connection);
            Assert.AreEqual(CKR.CKR_USER_NOT_LOGGED_IN, answer.Status?.Ckr);
            Assert.IsTrue(seen.Add(answer.Correlation));
        }
    }

    [TestMethod]
    public async Task Draining_ends_an_idle_conversation_at_once()
    {
        await using ServedConnection connection = new();
        await connection.SendAsync(1, OperationCode.Hello, Hello);
        using ResponseFrame hello = await ReceiveAsync(connection);

        await connection.DrainAsync();

        await connection.Conversation.WaitAsync(TimeSpan.FromSeconds(30), TestContext.CancellationToken);
    }

    [TestMethod]
    [DataRow(PeerVerdict.Expired, false, "tls.certificate_expired")]
    [DataRow(PeerVerdict.Unknown, false, "tls.certificate_unknown")]
    [DataRow(PeerVerdict.Missing, true, "tls.certificate_missing")]
    public async Task A_refused_certificate_is_told_why_and_closed(PeerVerdict verdict, bool required, string reason)
    {
        await using ServedConnection connection = new(verdict, required);
        await connection.SendAsync(1, OperationCode.Hello, Hello);

        using ResponseFrame answer = await ReceiveAsync(connection);

        Assert.AreEqual(reason, answer.Status?.Reason);
        Assert.IsNull(await connection.ReceiveAsync());
    }

    public required TestContext TestContext { get; set; }

    /// <summary>A hello as long as this, without its length prefix.</summary>
    private static byte[] HelloOf(int bytes)
    {
        HelloRequest hello = new() { ProtocolMin = 1, ProtocolMax = 1, Client = new string('x', bytes - 32) };
        using RequestFrame shorter = RequestFrame.Create(2, OperationCode.Hello, hello);
        hello.Client += new string('x', bytes + ProtocolLimits.LengthPrefixBytes - shorter.Bytes.Length);
        using RequestFrame frame = RequestFrame.Create(2, OperationCode.Hello, hello);
        byte[] whole = frame.Bytes.ToArray();
        Assert.HasCount(bytes + ProtocolLimits.LengthPrefixBytes, whole);
        return whole;
    }

    private static async Task<ResponseFrame> ReceiveAsync(ServedConnection connection) =>
        await connection.ReceiveAsync() ?? throw new AssertFailedException("The server closed.");
}
