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
    /// <param name="correlation">Not 0; unique among the connection's outstanding requests.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="body">The operation's message.</param>
    /// <param name="ticket">The login ticket; empty where nobody logged in.</param>
    /// <param name="secret">The first secret; sent where <paramref name="secrets"/> is 1 or 2, even if empty.</param>
    /// <param name="secondSecret">The second; sent where <paramref name="secrets"/> is 2.</param>
    /// <param name="secrets">How many secrets are sent: 0, 1 or 2.</param>
    /// <exception cref="ProtocolViolationException">The request, its ticket or a secret is longer than the protocol allows.</exception>
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
        ArgumentOutOfRangeException.ThrowIfZero(correlation);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)secrets, 2u, nameof(secrets));
        Refuse(ticket.Length, ProtocolLimits.TicketBytesMax, "ticket");
        Refuse(secrets > 0 ? secret.Length : 0, ProtocolLimits.SecretBytesMax, "secret");
        Refuse(secrets > 1 ? secondSecret.Length : 0, ProtocolLimits.SecretBytesMax, "secret");
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
                    reader.Once();
                    Correlation = reader.Varint();
                    break;
                case 2:
                    reader.Once();
                    ulong operation = reader.Varint();
                    Operation = operation <= int.MaxValue ? (OperationCode)operation : OperationCode.None;
                    break;
                case 3:
                    reader.Once();
                    Body = memory[reader.Bytes()];
                    break;
                case 4:
                    EnvelopeReader.AddSecret(secrets ??= [], memory[reader.Bytes()]);
                    break;
                case 5:
                    reader.Once();
                    Ticket = memory[reader.Bytes()];
                    Refuse(Ticket.Length, ProtocolLimits.TicketBytesMax, "ticket");
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

    private static void Refuse(int bytes, int bytesMax, string what)
    {
        if (bytes > bytesMax)
        {
            throw new ProtocolViolationException($"A {what} of {bytes} bytes: allowed are {bytesMax}.");
        }
    }
}
