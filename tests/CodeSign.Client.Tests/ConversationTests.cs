using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Client.Tests;

[TestClass]
public sealed class ConversationTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _certificates.Dispose();

    [TestMethod]
    public async Task Hello_carries_the_grant()
    {
        byte[]? secret = null;
        CredentialKind kind = default;
        await using TestServer server = NewServer();
        server.Answer = request =>
        {
            secret = request.Secrets[0].ToArray();
            kind = HelloRequest.Parser.ParseFrom(request.Body.Span).Credential;
            return Task.FromResult<ResponseFrame?>(TestServer.Greet(request));
        };
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        Assert.AreSequenceEqual("the grant"u8.ToArray(), secret!);
        Assert.AreEqual(CredentialKind.CredentialGrant, kind);
    }

    [TestMethod]
    public async Task A_password_takes_the_grants_place()
    {
        HelloRequest? hello = null;
        await using TestServer server = NewServer();
        server.Answer = request =>
        {
            hello = HelloRequest.Parser.ParseFrom(request.Body.Span);
            return Task.FromResult<ResponseFrame?>(TestServer.Greet(request));
        };
        using ClientSecret password = new("open sesame"u8);
        using ApplianceClient client = new(TestSettings.For(_certificates, server), password: new PasswordCredential("alice", password));
        client.Hello();
        Assert.AreEqual(CredentialKind.CredentialPassword, hello!.Credential);
        Assert.AreEqual("alice", hello.UserName);
    }

    [TestMethod]
    public async Task Login_gives_the_ticket()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreSequenceEqual("ticket-1234"u8.ToArray(), client.Login("p", UserType.UserUser, "1234"u8));
    }

    [TestMethod]
    public async Task A_refusal_keeps_its_status_reason_sentence_and_id()
    {
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(request.Operation == OperationCode.Hello
            ? TestServer.Greet(request)
            : ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_PIN_INCORRECT, "pin.incorrect", "Wrong PIN.", "c0ffee")));
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        ApplianceException refusal = TestSettings.Refused(() => client.Login("p", UserType.UserUser, "1"u8));
        Assert.IsTrue(refusal.IsRefusal);
        Assert.AreEqual((CKR.CKR_PIN_INCORRECT, "pin.incorrect", "Wrong PIN.", "c0ffee"),
            (refusal.Status, refusal.Reason, refusal.Message, refusal.CorrelationId));
    }

    [TestMethod]
    public async Task A_refused_hello_is_the_appliances_refusal()
    {
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(ResponseFrame.Failure(
            request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, "grant.revoked", "The grant was revoked.", "")));
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreEqual("grant.revoked", TestSettings.Refused(() => client.ListTokens()).Reason);
    }

    [TestMethod]
    public async Task A_grant_replaced_in_its_file_is_found_after_a_refusal()
    {
        string file = Path.Combine(TestContext.TestRunDirectory ?? Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, "new grant\n", TestContext.CancellationToken);
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(
            request.Operation != OperationCode.Hello || request.Secrets[0].Span.SequenceEqual("new grant"u8)
                ? TestServer.Obey(request)
                : ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, "grant.expired", "Expired.", "")));
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { GrantFile = file });
        Assert.AreEqual("demo", client.ListTokens()[0].Label);
    }

    [TestMethod]
    public async Task A_grant_that_ends_on_open_connections_is_read_anew_for_every_thread()
    {
        const int Threads = 8;
        string file = Path.Combine(TestContext.TestRunDirectory ?? Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, "new grant\n", TestContext.CancellationToken);
        bool hasEnded = false;
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>((Volatile.Read(ref hasEnded), request.Operation) switch
        {
            (false, _) => TestServer.Obey(request),

            // As the appliance does: the old grant says hello to nobody, and a connection that came by it (its fourth request) is nobody's.
            (true, OperationCode.Hello) when !request.Secrets[0].Span.SequenceEqual("new grant"u8) => Refused(request, "grant.revoked"),
            (true, not OperationCode.Hello) when request.Correlation > 3 => Refused(request, "identity.ended"),
            _ => TestServer.Obey(request),
        });
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { GrantFile = file });
        using Barrier together = new(Threads);
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            together.SignalAndWait();
            for (int i = 0; i < 3; i++)
            {
                client.ListTokens();
            }

            if (together.SignalAndWait(TimeSpan.FromSeconds(30)))
            {
                Volatile.Write(ref hasEnded, true);
            }

            together.SignalAndWait(TimeSpan.FromSeconds(30));
            try
            {
                client.ListTokens();
            }
            catch (ApplianceException refused)
            {
                Volatile.Write(ref failure, refused);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => Assert.IsTrue(thread.Join(TimeSpan.FromSeconds(60))));

        Assert.IsNull(failure, failure?.Message);
    }

    [TestMethod]
    public async Task A_grant_that_ended_and_has_no_successor_is_refused_with_the_reason()
    {
        bool hasEnded = false;
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(!hasEnded ? TestServer.Obey(request)
            : Refused(request, request.Operation == OperationCode.Hello ? "grant.revoked" : "identity.ended"));
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.ListTokens();
        hasEnded = true;

        Assert.AreEqual("grant.revoked", TestSettings.Refused(() => client.ListTokens()).Reason);
    }

    [TestMethod]
    public async Task A_connection_that_nobody_answers_for_is_noticed_by_the_kernel()
    {
        await using TestServer server = NewServer();
        List<int> descriptors = [];
        using ApplianceClient client = new(TestSettings.For(_certificates, server), new ClientHooks { DescriptorOpened = descriptors.Add });
        client.Hello();

        using Socket socket = new(new SafeSocketHandle(descriptors.Single(), ownsHandle: false));
        Assert.AreEqual(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.AreEqual(60, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        byte[] untaken = new byte[4];
        socket.GetRawSocketOption(6, 18, untaken);
        Assert.AreEqual(10_000, BitConverter.ToInt32(untaken));
    }

    [TestMethod]
    public async Task A_silent_server_is_given_up_after_the_answer_time()
    {
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult(request.Operation == OperationCode.Hello ? TestServer.Greet(request) : null);
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { AnswerTimeoutMs = 300 });
        client.Hello();
        Stopwatch clock = Stopwatch.StartNew();
        Assert.AreEqual(ClientReason.Timeout, TestSettings.Refused(() => client.ListTokens()).Reason);
        Assert.IsLessThan(5000, clock.ElapsedMilliseconds);
        Assert.IsLessThan(2, server.Asked.Count(operation => operation == OperationCode.ListTokens), "A silent server isn't asked twice.");
    }

    [TestMethod]
    public async Task A_server_that_never_shakes_hands_is_given_up_after_the_connect_time()
    {
        await using TestServer server = new(_certificates.Server());
        server.Bare = async socket => await socket.ReceiveAsync(new byte[4096], TestContext.CancellationToken);
        TaskCompletionSource never = new();
        server.Bare = _ => never.Task;
        server.Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { ConnectTimeoutMs = 300 });
        Assert.AreEqual(ClientReason.Timeout, TestSettings.Refused(() => client.Hello()).Reason);
        never.SetResult();
    }

    [TestMethod]
    public async Task A_server_that_is_no_TLS_server_is_told_as_such()
    {
        await using TestServer server = new(_certificates.Server());
        server.Bare = async socket =>
        {
            await socket.SendAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(), TestContext.CancellationToken);
            socket.Shutdown(SocketShutdown.Send);
        };
        server.Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreEqual(ClientReason.Tls, TestSettings.Refused(() => client.Hello()).Reason);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_handshake_cut_short_is_a_lost_connection(bool byReset)
    {
        await using TestServer server = new(_certificates.Server());
        server.Bare = async socket =>
        {
            await socket.ReceiveAsync(new byte[4096], TestContext.CancellationToken);
            socket.LingerState = new LingerOption(byReset, 0);
            socket.Close();
        };
        server.Start();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreEqual(ClientReason.Disconnected, TestSettings.Refused(() => client.Hello()).Reason);
    }

    [TestMethod]
    public void A_stopped_server_is_told_in_one_sentence()
    {
        using Socket reserved = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)reserved.LocalEndPoint!).Port;
        using ApplianceClient client = new(TestSettings.For(_certificates) with { Servers = [new ServerAddress("127.0.0.1", port)] });
        ApplianceException refusal = TestSettings.Refused(() => client.Hello());
        Assert.AreEqual(ClientReason.Unreachable, refusal.Reason);
        Assert.Contains("connection refused", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("codesignd", refusal.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_name_without_address_is_told_in_one_sentence()
    {
        using ApplianceClient client = new(TestSettings.For(_certificates) with { Servers = [new ServerAddress("nowhere.invalid", 7443)] });
        Assert.AreEqual(ClientReason.NameResolution, TestSettings.Refused(() => client.Hello()).Reason);
    }

    [TestMethod]
    public async Task An_oversized_answer_is_refused_before_it_is_read()
    {
        await using TestServer server = NewServer();
        server.Send = async (tls, _) =>
        {
            await tls.WriteAsync(new byte[] { 0x00, 0x10, 0x00, 0x01 });
            return true;
        };
        ExpectBroken(ClientReason.Protocol, server);
    }

    [TestMethod]
    public async Task An_answer_of_exactly_the_limit_is_read()
    {
        byte[] data = new byte[ProtocolLimits.FrameBytesMax - 12];
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(request.Operation == OperationCode.Hello
            ? TestServer.Greet(request)
            : ResponseFrame.Success(request.Correlation, new RandomResponse { Value = ByteString.CopyFrom(data) }));
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        RandomResponse answer = client.Call(OperationCode.Random, new RandomRequest(), RandomResponse.Parser);
        Assert.HasCount(data.Length, answer.Value);
    }

    [TestMethod]
    public async Task An_oversized_request_is_refused_and_the_connection_lives_on()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        SignRequest huge = new() { Data = ByteString.CopyFrom(new byte[ProtocolLimits.FrameBytesMax]) };
        Assert.AreEqual(CKR.CKR_DATA_LEN_RANGE, TestSettings.Refused(() => client.Sign(huge, default)).Status);
        client.ListTokens();
        Assert.AreEqual(1, server.Connections);
    }

    [TestMethod]
    public async Task An_answer_to_another_request_is_refused()
    {
        await using TestServer server = NewServer();
        server.Answer = request => Task.FromResult<ResponseFrame?>(request.Operation == OperationCode.Hello
            ? TestServer.Greet(request)
            : ResponseFrame.Success(request.Correlation + 1, new ListTokensResponse()));
        ExpectBroken(ClientReason.Protocol, server);
    }

    [TestMethod]
    public async Task Garbage_in_a_frame_is_refused()
    {
        await using TestServer server = NewServer();
        server.Send = async (tls, _) =>
        {
            await tls.WriteAsync(new byte[] { 0, 0, 0, 2, 0x0a, 0xff });
            return true;
        };
        ExpectBroken(ClientReason.Protocol, server);
    }

    [TestMethod]
    public async Task Slow_bytes_are_put_together()
    {
        await using TestServer server = NewServer();
        server.Send = async (tls, bytes) =>
        {
            for (int index = 0; index < bytes.Length; index++)
            {
                await tls.WriteAsync(bytes.Slice(index, 1));
                await tls.FlushAsync();
            }

            return true;
        };
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreEqual("demo", client.ListTokens()[0].Label);
    }

    [TestMethod]
    public async Task Bytes_that_come_too_slowly_run_into_the_answer_time()
    {
        await using TestServer server = NewServer();
        using CancellationTokenSource stop = new();
        server.Send = async (tls, bytes) =>
        {
            for (int index = 0; !stop.IsCancellationRequested; index++)
            {
                await tls.WriteAsync(bytes.Slice(index % 4, 1), stop.Token);
                await Task.Delay(50, stop.Token);
            }

            return false;
        };
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { AnswerTimeoutMs = 400 });
        client.Hello();
        SignRequest big = new() { Data = ByteString.CopyFrom(new byte[1000]) };
        Assert.AreEqual(ClientReason.Timeout, TestSettings.Refused(() => client.Sign(big, default)).Reason);
        await stop.CancelAsync();
    }

    [TestMethod]
    public async Task A_frame_over_many_records_arrives_whole()
    {
        byte[] data = new byte[300_000];
        data.AsSpan().Fill(0x5a);
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreSequenceEqual(data, client.Sign(new SignRequest { Data = ByteString.CopyFrom(data) }, default).Signature.ToByteArray());
    }

    private TestServer NewServer() => new TestServer(_certificates.Server()).Start();

    private void ExpectBroken(string reason, TestServer server)
    {
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Assert.AreEqual(reason, TestSettings.Refused(() => client.Login("p", UserType.UserUser, "1"u8)).Reason);
    }

    private static ResponseFrame Refused(RequestFrame request, string reason) =>
        ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, reason, "Refused.", ""));
}
