using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CodeSign.Tests;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Tests;

/// <summary>The local door, at its limits.</summary>
[TestClass]
public sealed class AdminSocketTests
{
    private const int ConnectionsMax = 16;
    private readonly ApplianceProcess _appliance = new();

    [TestCleanup]
    public void Remove() => _appliance.Dispose();

    [TestMethod]
    public void With_every_place_taken_a_stop_still_waits_for_what_is_in_flight()
    {
        const int Requests = 48;
        Start();
        Socket[] connections = [.. Enumerable.Range(0, ConnectionsMax).Select(_ => Connect())];
        foreach (Socket idle in connections.Skip(1))
        {
            // Answered: it has its place.
            Send(idle, 1, OperationCode.Status, new StatusRequest(), "");
            Assert.AreEqual("ok", Receive(idle));
        }

        // New passwords are hashed two at a time: the last of these are far from done when the first is.
        for (int i = 1; i <= Requests; i++)
        {
            Send(connections[0], (ulong)i, OperationCode.CreateUser, new CreateUserRequest { Name = $"user{i}" }, ApplianceProcess.Password);
        }

        string first = Receive(connections[0]);
        _appliance.Signal("TERM");
        string[] answers = [first, .. Enumerable.Range(1, Requests - 1).Select(_ => Receive(connections[0]))];

        Assert.IsTrue(Array.TrueForAll(answers, answer => answer == "ok"), string.Join(' ', answers));
        Array.ForEach(connections, connection => connection.Dispose());
        ApplianceProcess.Until(() => !_appliance.IsRunning, "the daemon has stopped");
    }

    [TestMethod]
    public void Without_a_free_descriptor_it_waits_and_serves_again_when_there_is_one()
    {
        ToolProcess.Need("prlimit");
        Start();
        _appliance.On("status").Succeeds();
        string before = Limit("--nofile", "--noheadings", "--output", "SOFT").Output.Trim();
        int free = 0;
        while (Path.Exists($"/proc/{_appliance.Pid}/fd/{free}"))
        {
            free++;
        }

        Limit(string.Create(CultureInfo.InvariantCulture, $"--nofile={free}:"));
        using Socket knocking = Connect();
        ApplianceProcess.Until(() => Complaints() > 0, "the daemon complains");
        Assert.IsLessThan(5, Complaints());

        Limit($"--nofile={before}:");
        Send(knocking, 1, OperationCode.Status, new StatusRequest(), "");
        Assert.AreEqual("ok", Receive(knocking));
        Assert.IsLessThan(60, Complaints());
    }

    private void Start()
    {
        _appliance.Init().Succeeds();
        _appliance.StartDaemon();
    }

    private int Complaints() => _appliance.DaemonOutput().Split("could not accept").Length - 1;

    private ToolRun Limit(params string[] more)
    {
        using ToolProcess limit = ToolProcess.Start(
            ApplianceProcess.CommandOf(["prlimit", "--pid", _appliance.Pid.ToString(CultureInfo.InvariantCulture), .. more]),
            "/",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = ToolProcess.SearchPath });
        return limit.WaitForExit(ApplianceProcess.Patience).Succeeds();
    }

    private Socket Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)ApplianceProcess.Patience.TotalMilliseconds,
        };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_appliance.Folder, "admin.sock")));
        return socket;
    }

    private static void Send(Socket socket, ulong correlation, OperationCode operation, Google.Protobuf.IMessage body, string secret)
    {
        using RequestFrame frame = RequestFrame.Create(
            correlation, operation, body, secret: Encoding.UTF8.GetBytes(secret), secrets: secret.Length > 0 ? 1 : 0);
        socket.Send(frame.Bytes.Span);
    }

    /// <summary>The reason of the next answer, or "ok", or "closed".</summary>
    private static string Receive(Socket socket)
    {
        byte[] prefix = new byte[ProtocolLimits.LengthPrefixBytes];
        if (!Fill(socket, prefix))
        {
            return "closed";
        }

        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(prefix));
        byte[] body = new byte[buffer.Length];
        if (!Fill(socket, body))
        {
            return "closed";
        }

        body.CopyTo(buffer.Memory);
        using ResponseFrame answer = ResponseFrame.Parse(buffer);
        return answer.Status?.Reason ?? "ok";
    }

    private static bool Fill(Socket socket, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int count = socket.Receive(target);
            if (count == 0)
            {
                return false;
            }

            target = target[count..];
        }

        return true;
    }
}
