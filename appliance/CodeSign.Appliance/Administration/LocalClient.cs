using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using CodeSign.Appliance.Custody;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using Google.Protobuf;

namespace CodeSign.Appliance.Administration;

/// <summary>
/// The other end of <see cref="AdminSocket"/>: asks a running appliance, or one composed in this process, as the caller whose word
/// the operating system vouches for. One request at a time.
/// </summary>
internal sealed class LocalClient(IDuplexPipe pipe, IDisposable? connection) : IAsyncDisposable
{
    private ulong _correlation;

    /// <summary>A connection to the daemon of this data folder, or null when none is running.</summary>
    /// <exception cref="LocalRefusalException">It runs as another user.</exception>
    public static async Task<LocalClient?> ConnectAsync(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        Socket? socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            NetworkStream stream = new(socket, ownsSocket: true);
            socket = null;
            return new LocalClient(LocalPipe.Over(stream), stream);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => null,  // left behind by a killed daemon
                SocketError.AccessDenied => throw new LocalRefusalException($"{path} may only be used by root and the daemon's user."),
                _ => throw new LocalRefusalException($"{path} can't be used: {e.Message}"),
            };
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <exception cref="LocalRefusalException">The appliance refuses; its sentence.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        OperationCode operation, IMessage body, MessageParser<TResponse> parser, SecretBytes? secret, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        using (RequestFrame request = RequestFrame.Create(
            ++_correlation, operation, body, secret: secret is null ? default : secret.Span, secrets: secret is null ? 0 : 1))
        {
            await pipe.Output.WriteAsync(request.Bytes, cancel);
        }

        using ResponseFrame response = await ReadAsync(cancel);
        return response.Status is { } status ? throw new LocalRefusalException(Sentence(status)) : parser.ParseFrom(response.Body.Span);
    }

    public async ValueTask DisposeAsync()
    {
        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
        connection?.Dispose();
    }

    private static string Sentence(WireStatus status) => status.CorrelationId.Length == 0
        ? status.Message
        : $"{status.Message} ({status.Reason}, {status.CorrelationId} in the log)";

    private async Task<ResponseFrame> ReadAsync(CancellationToken cancel)
    {
        ReadResult prefix = await pipe.Input.ReadAtLeastAsync(ProtocolLimits.LengthPrefixBytes, cancel);
        if (prefix.Buffer.Length < ProtocolLimits.LengthPrefixBytes)
        {
            throw new LocalRefusalException("The appliance closed the connection without an answer; its log says why.");
        }

        byte[] head = prefix.Buffer.Slice(0, ProtocolLimits.LengthPrefixBytes).ToArray();
        int length = FrameBuffer.ReadLength(head);
        pipe.Input.AdvanceTo(prefix.Buffer.GetPosition(ProtocolLimits.LengthPrefixBytes));
        ReadResult frame = await pipe.Input.ReadAtLeastAsync(length, cancel);
        if (frame.Buffer.Length < length)
        {
            throw new LocalRefusalException("The appliance closed the connection in the middle of its answer; its log says why.");
        }

        FrameBuffer buffer = FrameBuffer.Rent(length);
        frame.Buffer.Slice(0, length).CopyTo(buffer.Memory.Span);
        pipe.Input.AdvanceTo(frame.Buffer.GetPosition(length));
        return ResponseFrame.Parse(buffer);
    }
}

/// <summary>The appliance said no to a local command. The message is its sentence.</summary>
internal sealed class LocalRefusalException(string message) : Exception(message);
