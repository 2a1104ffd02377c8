using System.Buffers.Binary;
using CodeSign.Fuzz.Engine;
using CodeSign.Wire;
using CodeSign.Wire.Framing;

namespace CodeSign.Fuzz.Targets;

/// <summary>Frames as they come from the wire, their length prefix first.</summary>
internal abstract class FrameTarget : Target
{
    public override IReadOnlyList<string> Scope =>
        ["wire-protocol/CodeSign.Wire/Framing/EnvelopeReader.cs"];

    public override long AllocatedMax => 4 << 20;

    public override IEnumerable<byte[]> Words => WordList.Protobuf;

    public override bool IsRefusal(Exception thrown) => thrown is ProtocolViolationException;

    public override void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < ProtocolLimits.LengthPrefixBytes)
        {
            return;
        }

        int length = FrameBuffer.ReadLength(input);
        ReadOnlySpan<byte> rest = input[ProtocolLimits.LengthPrefixBytes..];
        if (rest.Length < length)
        {
            return;   // a reader waits for more
        }

        FrameBuffer buffer = FrameBuffer.Rent(length);
        rest[..length].CopyTo(buffer.Memory.Span);
        Parse(buffer);
    }

    /// <summary>Frames change in their content; the prefix is mended, mostly.</summary>
    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (mutator.Dice.OneIn(16) || input.Length < ProtocolLimits.LengthPrefixBytes)
        {
            return mutator.Havoc(input);
        }

        byte[] content = mutator.Havoc(input[ProtocolLimits.LengthPrefixBytes..]);
        byte[] prefix = new byte[ProtocolLimits.LengthPrefixBytes];
        BinaryPrimitives.WriteInt32BigEndian(prefix, content.Length);
        return [.. prefix, .. content];
    }

    protected abstract void Parse(FrameBuffer buffer);

    protected static void CheckSecrets(IReadOnlyList<ReadOnlyMemory<byte>> secrets)
    {
        if (secrets.Count > ProtocolLimits.SecretsMax || secrets.Any(secret => secret.Length > ProtocolLimits.SecretBytesMax))
        {
            throw new InvalidOperationException("Secrets over their limits came through.");
        }
    }
}

/// <summary>What a server reads.</summary>
internal sealed class RequestFrameTarget : FrameTarget
{
    public override string Name => "request-frame";

    public override IReadOnlyList<string> Scope => [.. base.Scope, "wire-protocol/CodeSign.Wire/Framing/RequestFrame.cs"];

    public override IEnumerable<byte[]> Seeds =>
    [
        RequestFrame.Create(1, OperationCode.Status, new Wire.V1.StatusRequest()).Bytes.ToArray(),
        RequestFrame.Create(ulong.MaxValue, OperationCode.Login, new Wire.V1.LoginRequest { ProjectId = "p" }, new byte[32], "one"u8, "two"u8, 2).Bytes.ToArray(),
    ];

    protected override void Parse(FrameBuffer buffer)
    {
        using RequestFrame frame = RequestFrame.Parse(buffer);
        CheckSecrets(frame.Secrets);
        if (frame.Correlation == 0 || frame.Ticket.Length > ProtocolLimits.TicketBytesMax)
        {
            throw new InvalidOperationException("A frame over its limits came through.");
        }
    }
}

/// <summary>What a client reads.</summary>
internal sealed class ResponseFrameTarget : FrameTarget
{
    public override string Name => "response-frame";

    public override IReadOnlyList<string> Scope => [.. base.Scope, "wire-protocol/CodeSign.Wire/Framing/ResponseFrame.cs"];

    public override IEnumerable<byte[]> Seeds =>
    [
        ResponseFrame.Success(1, new Wire.V1.StatusResponse(), "secret"u8).Bytes.ToArray(),
        ResponseFrame.Failure(2, new WireStatus(Cryptoki.CKR.CKR_PIN_INCORRECT, "pin.wrong", "Wrong.", "0a0b")).Bytes.ToArray(),
    ];

    protected override void Parse(FrameBuffer buffer)
    {
        using ResponseFrame frame = ResponseFrame.Parse(buffer);
        CheckSecrets(frame.Secrets);
        if (frame.Status is { Ckr: Cryptoki.CKR.CKR_OK })
        {
            throw new InvalidOperationException("A failure without a failure came through.");
        }
    }
}
