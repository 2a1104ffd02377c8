using System.IO.Pipelines;
using System.Net;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Keys.Software;
using CodeSign.Appliance.Listener;
using CodeSign.Appliance.Requests;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Transport;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSign.Listener.Tests;

/// <summary>One connection to a real dispatcher over a real store; the bytes go through pipes instead of TLS.</summary>
internal sealed class ServedConnection : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("codesign-listener-").FullName;
    private readonly RootKey _root = RootKey.Create();
    private readonly SecretBytes _passphrase = new("a passphrase of the tests"u8);
    private readonly ApplianceStore _store;
    private readonly SoftwareBackend _software = new(new SoftwareOptions(), TimeProvider.System);
    private readonly ApplianceRequests _requests;
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();

    public ServedConnection(PeerVerdict verdict = PeerVerdict.Missing, bool certificateRequired = false)
    {
        _store = ApplianceStore.Create(Path.Combine(_folder, "appliance.db"), _root, new PassphraseSeal(_passphrase), TimeProvider.System);
        _requests = new ApplianceRequests(
            _store,
            _root,
            new Backends(_store, [_software]),
            new ApplianceFacts { Version = "test", Started = DateTimeOffset.UnixEpoch, Seal = "passphrase" },
            TimeProvider.System,
            NullLogger<Dispatcher>.Instance);
        TokenProtocol protocol = new(_requests.Dispatcher, certificateRequired, NullLogger<TokenProtocol>.Instance);
        TransportConnection connection = new(
            new DuplexPipe(_toServer.Reader, _toClient.Writer),
            new IPEndPoint(IPAddress.Loopback, 1),
            PeerCertificate: null,
            verdict,
            _drain.Token,
            _closed.Token);
        Conversation = ServeAsync(protocol, connection);
    }

    /// <summary>Ends when the server is done with the connection.</summary>
    public Task Conversation { get; }

    public Task DrainAsync() => _drain.CancelAsync();

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _toServer.Writer.WriteAsync(bytes);

    public async Task SendAsync(ulong correlation, OperationCode operation, IMessage body)
    {
        using RequestFrame frame = RequestFrame.Create(correlation, operation, body);
        await SendAsync(frame.Bytes.ToArray());
    }

    /// <summary>The client sends no more.</summary>
    public ValueTask HalfCloseAsync() => _toServer.Writer.CompleteAsync();

    /// <summary>The next answer, or null when the server has closed.</summary>
    public async Task<ResponseFrame?> ReceiveAsync()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        ReadResult prefix = await _toClient.Reader.ReadAtLeastAsync(ProtocolLimits.LengthPrefixBytes, deadline.Token);
        if (prefix.Buffer.Length < ProtocolLimits.LengthPrefixBytes)
        {
            return null;
        }

        byte[] length = new byte[ProtocolLimits.LengthPrefixBytes];
        CopyAndAdvance(prefix, length);
        FrameBuffer buffer = FrameBuffer.Rent(FrameBuffer.ReadLength(length));
        byte[] body = new byte[buffer.Length];
        CopyAndAdvance(await _toClient.Reader.ReadAtLeastAsync(body.Length, deadline.Token), body);
        body.CopyTo(buffer.Memory);
        return ResponseFrame.Parse(buffer);
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await Conversation.WaitAsync(TimeSpan.FromSeconds(30));
        _requests.Dispose();
        await _software.DisposeAsync();
        await _store.DisposeAsync();
        _root.Dispose();
        _passphrase.Dispose();
        _drain.Dispose();
        _closed.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync(TokenProtocol protocol, TransportConnection connection)
    {
        await protocol.ServeAsync(connection);
        await _toClient.Writer.CompleteAsync();
    }

    private void CopyAndAdvance(ReadResult result, byte[] target)
    {
        System.Buffers.ReadOnlySequence<byte> part = result.Buffer.Slice(0, target.Length);
        System.Buffers.BuffersExtensions.CopyTo(part, target);
        _toClient.Reader.AdvanceTo(part.End);
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
