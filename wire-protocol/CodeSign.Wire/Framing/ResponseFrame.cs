using System.Text;
using CodeSign.Cryptoki;
using Google.Protobuf;

namespace CodeSign.Wire.Framing;

/// <summary>One answer: the message Response of frame.proto over the buffer it came in or goes out with.</summary>
public sealed class ResponseFrame : IDisposable
{
    private readonly FrameBuffer _buffer;

    private ResponseFrame(FrameBuffer buffer) => _buffer = buffer;

    public ulong Correlation { get; private set; }

    /// <summary>Null means CKR_OK.</summary>
    public WireStatus? Status { get; private set; }

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Secrets, in order. They live as long as the frame.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Secrets { get; private set; } = [];

    /// <summary>What goes over the wire.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WithPrefix;

    /// <summary>Reads a frame; the result owns the buffer, and on failure the buffer is disposed.</summary>
    /// <exception cref="ProtocolViolationException">The bytes are no answer.</exception>
    public static ResponseFrame Parse(FrameBuffer buffer)
    {
        ResponseFrame frame = new(buffer);
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

    /// <summary>An answer that succeeded.</summary>
    public static ResponseFrame Success(ulong correlation, IMessage body, ReadOnlySpan<byte> secret = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        int bodyBytes = body.CalculateSize();
        int size = EnvelopeWriter.NumberFieldSize(correlation)
            + EnvelopeWriter.BytesFieldSize(bodyBytes)
            + (secret.IsEmpty ? 0 : EnvelopeWriter.BytesFieldSize(secret.Length));
        FrameBuffer buffer = FrameBuffer.Rent(size);
        EnvelopeWriter writer = new(buffer.Memory.Span);
        writer.Number(1, correlation);
        body.WriteTo(writer.BytesSpace(3, bodyBytes));
        writer.Advance(bodyBytes);
        if (!secret.IsEmpty)
        {
            writer.Bytes(4, secret);
        }

        return new ResponseFrame(buffer) { Correlation = correlation };
    }

    /// <summary>An answer that failed.</summary>
    public static ResponseFrame Failure(ulong correlation, WireStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        int reason = Encoding.UTF8.GetByteCount(status.Reason);
        int message = Encoding.UTF8.GetByteCount(status.Message);
        int id = Encoding.UTF8.GetByteCount(status.CorrelationId);
        int statusBytes = EnvelopeWriter.NumberFieldSize((ulong)status.Ckr) + EnvelopeWriter.BytesFieldSize(reason)
            + EnvelopeWriter.BytesFieldSize(message) + EnvelopeWriter.BytesFieldSize(id);
        FrameBuffer buffer = FrameBuffer.Rent(
            EnvelopeWriter.NumberFieldSize(correlation) + EnvelopeWriter.BytesFieldSize(statusBytes));
        EnvelopeWriter writer = new(buffer.Memory.Span);
        writer.Number(1, correlation);
        EnvelopeWriter inner = new(writer.BytesSpace(2, statusBytes));
        inner.Number(1, (ulong)status.Ckr);
        inner.Bytes(2, Encoding.UTF8.GetBytes(status.Reason));
        inner.Bytes(3, Encoding.UTF8.GetBytes(status.Message));
        inner.Bytes(4, Encoding.UTF8.GetBytes(status.CorrelationId));
        writer.Advance(inner.Written);
        return new ResponseFrame(buffer) { Correlation = correlation, Status = status };
    }

    public void Dispose() => _buffer.Dispose();

    private static WireStatus ReadStatus(ReadOnlySpan<byte> status)
    {
        EnvelopeReader reader = new(status);
        ulong ckr = 0;
        string[] texts = ["", "", ""];
        while (reader.Next())
        {
            switch (reader.FieldNumber)
            {
                case 1:
                    ckr = reader.Varint();
                    break;
                case 2 or 3 or 4:
                    int index = reader.FieldNumber - 2;
                    texts[index] = Encoding.UTF8.GetString(status[reader.Bytes()]);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new WireStatus((CKR)ckr, texts[0], texts[1], texts[2]);
    }

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
                    WireStatus status = ReadStatus(memory.Span[reader.Bytes()]);
                    Status = status.Ckr == CKR.CKR_OK ? null : status;
                    break;
                case 3:
                    Body = memory[reader.Bytes()];
                    break;
                case 4:
                    (secrets ??= []).Add(memory[reader.Bytes()]);
                    if (secrets.Count > ProtocolLimits.SecretsMax)
                    {
                        throw new ProtocolViolationException($"More than {ProtocolLimits.SecretsMax} secrets in one frame.");
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Secrets = secrets ?? Secrets;
    }
}
