using System.Text;
using CodeSign.Cryptoki;
using Google.Protobuf;

namespace CodeSign.Wire.Framing;

/// <summary>One answer: the message Response of frame.proto over the buffer it came in or goes out with.</summary>
public sealed class ResponseFrame : IDisposable
{
    // Texts go into logs and onto terminals: bytes that are no UTF-8 are refused, not replaced.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
    /// <exception cref="InvalidOperationException">It is longer than the protocol allows: our own fault, never the peer's.</exception>
    public static ResponseFrame Success(ulong correlation, IMessage body, ReadOnlySpan<byte> secret = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfZero(correlation);
        int bodyBytes = body.CalculateSize();
        int size = EnvelopeWriter.NumberFieldSize(correlation)
            + EnvelopeWriter.BytesFieldSize(bodyBytes)
            + (secret.IsEmpty ? 0 : EnvelopeWriter.BytesFieldSize(secret.Length));
        if (size > ProtocolLimits.FrameBytesMax || secret.Length > ProtocolLimits.SecretBytesMax)
        {
            throw new InvalidOperationException($"An answer of {size} bytes with a secret of {secret.Length}.");
        }

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

    /// <summary>An answer that failed; texts longer than <see cref="ProtocolLimits.StatusTextBytesMax"/> are cut.</summary>
    public static ResponseFrame Failure(ulong correlation, WireStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentOutOfRangeException.ThrowIfZero(correlation);
        if (status.Ckr == CKR.CKR_OK)
        {
            throw new ArgumentException("CKR_OK is no failure: the peer would take it for success.", nameof(status));
        }

        ReadOnlySpan<byte> reason = Cut(status.Reason);
        ReadOnlySpan<byte> message = Cut(status.Message);
        ReadOnlySpan<byte> id = Cut(status.CorrelationId);
        int statusBytes = EnvelopeWriter.NumberFieldSize((ulong)status.Ckr) + EnvelopeWriter.BytesFieldSize(reason.Length)
            + EnvelopeWriter.BytesFieldSize(message.Length) + EnvelopeWriter.BytesFieldSize(id.Length);
        FrameBuffer buffer = FrameBuffer.Rent(
            EnvelopeWriter.NumberFieldSize(correlation) + EnvelopeWriter.BytesFieldSize(statusBytes));
        EnvelopeWriter writer = new(buffer.Memory.Span);
        writer.Number(1, correlation);
        EnvelopeWriter inner = new(writer.BytesSpace(2, statusBytes));
        inner.Number(1, (ulong)status.Ckr);
        inner.Bytes(2, reason);
        inner.Bytes(3, message);
        inner.Bytes(4, id);
        writer.Advance(inner.Written);
        return new ResponseFrame(buffer) { Correlation = correlation, Status = status };
    }

    public void Dispose() => _buffer.Dispose();

    private static ReadOnlySpan<byte> Cut(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(bytes.Length, ProtocolLimits.StatusTextBytesMax);
        while (length < bytes.Length && (bytes[length] & 0xc0) == 0x80)
        {
            length--;   // not within a character
        }

        return bytes.AsSpan(0, length);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.Length <= ProtocolLimits.StatusTextBytesMax
                ? StrictUtf8.GetString(bytes)
                : throw new ProtocolViolationException($"A text of {bytes.Length} bytes in a status.");
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolViolationException("A text in a status is no UTF-8.");
        }
    }

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
                    reader.Once();
                    ckr = reader.Varint();
                    break;
                case 2 or 3 or 4:
                    reader.Once();
                    texts[reader.FieldNumber - 2] = Text(status[reader.Bytes()]);
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
                    reader.Once();
                    Correlation = reader.Varint();
                    break;
                case 2:
                    reader.Once();
                    WireStatus status = ReadStatus(memory.Span[reader.Bytes()]);
                    Status = status.Ckr == CKR.CKR_OK ? null : status;
                    break;
                case 3:
                    reader.Once();
                    Body = memory[reader.Bytes()];
                    break;
                case 4:
                    EnvelopeReader.AddSecret(secrets ??= [], memory[reader.Bytes()]);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Secrets = secrets ?? Secrets;
        if (Correlation == 0)
        {
            throw new ProtocolViolationException("An answer without a correlation number.");
        }
    }
}
