using Google.Protobuf;

namespace CodeSign.Wire.Framing;

/// <summary>One request: the message Request of frame.proto over the buffer it came in or goes out with.</summary>
public sealed class RequestFrame : IDisposable
{
    private readonly FrameBuffer _buffer;

    private RequestFrame(FrameBuffer buffer) => _buffer = buffer;

    public ulong Correlation { get; private set; }

    public OperationCode Operation { get; private set; }

    /// <summary>The operation's message, not yet parsed.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    public ReadOnlyMemory<byte> Ticket { get; private set; }

    /// <summary>Secrets, in order. They live as long as the frame.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Secrets { get; private set; } = [];

    /// <summary>What goes over the wire.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WithPrefix;

    /// <summary>Reads a frame; the result owns the buffer, and on failure the buffer is disposed.</summary>
    /// <exception cref="ProtocolViolationException">The bytes are no request, or one over its limits.</exception>
    public static RequestFrame Parse(FrameBuffer buffer)
    {
        RequestFrame frame = new(buffer);
        try
        {
            frame.ReadFields();
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>Writes a frame.</summary>
    public static RequestFrame Create(
        ulong correlation,
        OperationCode operation,
        IMessage body,
        ReadOnlySpan<byte> ticket = default,
        ReadOnlySpan<byte> secret = default,
        ReadOnlySpan<byte> secondSecret = default,
        int secrets = 0)
    {
        ArgumentNullException.ThrowIfNull(body);
        int bodyBytes = body.CalculateSize();
        int size = EnvelopeWriter.NumberFieldSize(correlation)
            + EnvelopeWriter.NumberFieldSize((ulong)operation)
            + EnvelopeWriter.BytesFieldSize(bodyBytes)
            + (secrets > 0 ? EnvelopeWriter.BytesFieldSize(secret.Length) : 0)
            + (secrets > 1 ? EnvelopeWriter.BytesFieldSize(secondSecret.Length) : 0)
            + (ticket.IsEmpty ? 0 : EnvelopeWriter.BytesFieldSize(ticket.Length));
        FrameBuffer buffer = FrameBuffer.Rent(size);
        EnvelopeWriter writer = new(buffer.Memory.Span);
        writer.Number(1, correlation);
        writer.Number(2, (ulong)operation);
        body.WriteTo(writer.BytesSpace(3, bodyBytes));
        writer.Advance(bodyBytes);
        if (secrets > 0)
        {
            writer.Bytes(4, secret);
        }

        if (secrets > 1)
        {
            writer.Bytes(4, secondSecret);
        }

        if (!ticket.IsEmpty)
        {
            writer.Bytes(5, ticket);
        }

        return new RequestFrame(buffer) { Correlation = correlation, Operation = operation };
    }

    public void Dispose() => _buffer.Dispose();

    private void ReadFields()
    {
        Memory<byte> memory = _buffer.Memory;
        EnvelopeReader reader = new(memory.Span);
        List<ReadOnlyMemory<byte>>? secrets = null;
        while (reader.Next())
        {
            switch (reader.FieldNumber)
            {
                case 1:
                    Correlation = reader.Varint();
                    break;
                case 2:
                    ulong operation = reader.Varint();
                    Operation = operation <= int.MaxValue ? (OperationCode)operation : OperationCode.None;
                    break;
                case 3:
                    Body = memory[reader.Bytes()];
                    break;
                case 4:
                    (secrets ??= []).Add(Bounded(memory[reader.Bytes()], ProtocolLimits.SecretBytesMax, "secret"));
                    if (secrets.Count > ProtocolLimits.SecretsMax)
                    {
                        throw new ProtocolViolationException($"More than {ProtocolLimits.SecretsMax} secrets in one frame.");
                    }

                    break;
                case 5:
                    Ticket = Bounded(memory[reader.Bytes()], ProtocolLimits.TicketBytesMax, "ticket");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Secrets = secrets ?? Secrets;
        if (Correlation == 0)
        {
            throw new ProtocolViolationException("A request without a correlation number.");
        }
    }

    private static ReadOnlyMemory<byte> Bounded(ReadOnlyMemory<byte> value, int bytesMax, string what) => value.Length <= bytesMax
        ? value
        : throw new ProtocolViolationException($"A {what} of {value.Length} bytes: allowed are {bytesMax}.");
}
