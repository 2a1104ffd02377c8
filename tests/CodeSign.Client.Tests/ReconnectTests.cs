using System.Diagnostics;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Client.Tests;

[TestClass]
public sealed class ReconnectTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [TestMethod]
    public async Task One_thread_uses_one_connection()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        for (int round = 0; round < 20; round++)
        {
            client.ListTokens();
        }

        Assert.AreEqual(1, server.Connections);
    }

    [TestMethod]
    public async Task Sixty_four_threads_use_at_most_sixteen_connections()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        int failures = 0;
        Thread[] threads = [.. Enumerable.Range(0, 64).Select(number => new Thread(() =>
        {
            byte[] data = BitConverter.GetBytes(number);
            for (int round = 0; round < 20; round++)
            {
                SignResponse answer = client.Sign(new SignRequest { Data = ByteString.CopyFrom(data) }, default);
                if (!answer.Signature.Span.SequenceEqual(data))
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.AreEqual(0, failures);
        Assert.IsInRange(1, ApplianceClient.ConnectionsMax, server.Connections);
        Assert.AreEqual(64 * 20, server.Asked.Count(operation => operation == OperationCode.Sign));
    }

    [TestMethod]
    public async Task A_connection_the_server_closed_while_idle_is_noticed_before_use()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        server.CloseConnections();

        // Not safe to ask twice: only the look before use can save it.
        client.Login("p", UserType.UserUser, "1"u8);
        Assert.AreEqual(2, server.Connections);
        Assert.ContainsSingle(server.Asked.Where(operation => operation == OperationCode.Login));
    }

    [TestMethod]
    public async Task A_half_closed_idle_connection_is_noticed_before_use()
    {
        TaskCompletionSource farewell = new();
        await using TestServer server = NewServer();
        server.Send = async (tls, bytes) =>
        {
            await tls.WriteAsync(bytes);
            await tls.ShutdownAsync();
            farewell.TrySetResult();
            return true;
        };
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.ListTokens();
        await farewell.Task;
        client.Login("p", UserType.UserUser, "1"u8);
        Assert.AreEqual(2, server.Connections);
    }

    [TestMethod]
    public async Task A_signature_is_asked_for_again_with_the_same_id_when_the_connection_breaks()
    {
        List<SignRequest> seen = [];
        await using TestServer server = NewServer();
        server.Answer = request =>
        {
            if (request.Operation == OperationCode.Sign)
            {
                seen.Add(SignRequest.Parser.ParseFrom(request.Body.Span));
            }

            return Task.FromResult<ResponseFrame?>(TestServer.Obey(request));
        };
        server.Send = (_, _) => Task.FromResult(false);
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        Assert.AreEqual(ClientReason.Disconnected, TestSettings.Refused(() => client.Sign(new SignRequest(), default)).Reason);
        Assert.HasCount(2, seen);
        Assert.AreEqual(seen[0].RequestId, seen[1].RequestId);
        Assert.AreEqual(ProtocolLimits.RequestIdBytes, seen[0].RequestId.Length);
        Assert.IsFalse(seen[0].Retry);
        Assert.IsTrue(seen[1].Retry);

        server.Send = null;
        client.Sign(new SignRequest(), default);
        Assert.AreNotEqual(seen[0].RequestId, seen[2].RequestId);
        Assert.IsFalse(seen[2].Retry);
    }

    [TestMethod]
    public async Task What_changes_something_is_not_asked_twice()
    {
        await using TestServer server = NewServer();
        server.Send = (_, _) => Task.FromResult(false);
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        Assert.AreEqual(
            ClientReason.Disconnected,
            TestSettings.Refused(() => client.Call(OperationCode.CreateUser, new CreateUserRequest(), CreateUserResponse.Parser)).Reason);
        Assert.ContainsSingle(server.Asked.Where(operation => operation == OperationCode.CreateUser));
    }

    [TestMethod]
    public async Task A_killed_server_fails_fast_and_its_successor_is_found_within_the_back_off()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.ListTokens();
        await server.KillAsync();
        TestSettings.Refused(() => client.ListTokens());
        Stopwatch clock = Stopwatch.StartNew();
        for (int round = 0; round < 50; round++)
        {
            TestSettings.Refused(() => client.ListTokens());
        }

        Assert.IsLessThan(5000, clock.ElapsedMilliseconds);
        server.StartAgain();
        clock.Restart();
        while (!Succeeds(client))
        {
            Assert.IsLessThan(Patience, clock.Elapsed, "The server is back, and the client didn't notice.");
            await Task.Delay(20);
        }

        Assert.IsLessThan(ServerRosterBackOffMax + TimeSpan.FromSeconds(5), clock.Elapsed);
    }

    [TestMethod]
    public async Task The_second_server_takes_over()
    {
        await using TestServer first = NewServer();
        await using TestServer second = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, first, second));
        client.ListTokens();
        Assert.AreEqual(0, second.Connections);
        await first.KillAsync();
        client.ListTokens();
        client.ListTokens();
        Assert.AreEqual(1, second.Connections);
    }

    [TestMethod]
    public async Task Dropped_connections_are_replaced()
    {
        await using TestServer server = NewServer();
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        client.DropConnections();
        client.ListTokens();
        Assert.AreEqual(2, server.Connections);
    }

    [TestMethod]
    public async Task A_closed_client_says_so()
    {
        await using TestServer server = NewServer();
        ApplianceClient client = new(TestSettings.For(_certificates, server));
        client.Hello();
        client.Dispose();
        Assert.AreEqual(ClientReason.Closed, TestSettings.Refused(() => client.ListTokens()).Reason);
    }

    [TestMethod]
    public async Task Descriptors_are_told_and_taken_back()
    {
        HashSet<int> open = [];
        ClientHooks hooks = new() { DescriptorOpened = fd => open.Add(fd), DescriptorClosing = fd => open.Remove(fd) };
        await using TestServer server = NewServer();
        ApplianceClient client = new(TestSettings.For(_certificates, server), hooks);
        client.Hello();
        Assert.HasCount(1, open);
        Assert.IsGreaterThan(2, open.Single());
        client.Dispose();
        Assert.IsEmpty(open);
    }

    [TestMethod]
    public async Task A_call_ends_after_connect_and_answer_time_whatever_it_waited_for()
    {
        await using TestServer server = NewServer();
        server.Answer = async request =>
        {
            await Task.Delay(900);
            return TestServer.Obey(request);
        };
        server.Send = (_, _) => Task.FromResult(false);
        using ApplianceClient client = new(TestSettings.For(_certificates, server) with { ConnectTimeoutMs = 1000, AnswerTimeoutMs = 1000 });

        // Hello and the signature, both twice: each step keeps its own time, together they would take 3.6 s.
        Assert.AreEqual(ClientReason.Timeout, TestSettings.Refused(() => client.Sign(new SignRequest(), default)).Reason);
    }

    [TestMethod]
    public async Task A_refusal_of_an_old_connection_leaves_those_of_a_new_login_alone()
    {
        using SemaphoreSlim hold = new(0);
        await using TestServer server = NewServer();
        int asked = 0;
        server.Answer = async request =>
        {
            if (request.Operation != OperationCode.Sign || Interlocked.Increment(ref asked) > 1)
            {
                return TestServer.Obey(request);
            }

            await hold.WaitAsync();
            return ResponseFrame.Failure(request.Correlation, new WireStatus(CKR.CKR_USER_NOT_LOGGED_IN, "identity.ended", "Refused.", ""));
        };
        using ApplianceClient client = new(TestSettings.For(_certificates, server));
        Task late = Task.Run(() => client.Sign(new SignRequest(), default));
        Assert.IsTrue(SpinWait.SpinUntil(() => Volatile.Read(ref asked) == 1, Patience));
        client.DropConnections();
        client.ListTokens();
        hold.Release();
        await late;

        Assert.AreEqual(2, server.Connections);
    }

    private static TimeSpan ServerRosterBackOffMax => TimeSpan.FromSeconds(1);

    private static bool Succeeds(ApplianceClient client)
    {
        try
        {
            client.ListTokens();
            return true;
        }
        catch (ApplianceException)
        {
            return false;
        }
    }

    private TestServer NewServer() => new TestServer(_certificates.Server()).Start();
}
