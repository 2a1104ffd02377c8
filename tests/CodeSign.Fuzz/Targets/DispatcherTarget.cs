using System.Buffers.Binary;
using CodeSign.Cryptoki;
using CodeSign.Fuzz.Engine;
using CodeSign.Fuzz.Targets.Operations;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Fuzz.Targets;

/// <summary>
/// Every operation of the server, from authenticated callers: an input is who calls (one byte) and a conversation as it stands on
/// the wire. An answer "internal" is a crash.
/// </summary>
internal sealed class DispatcherTarget : Target
{
    private const int RequestsMax = 8;
    private const int InputsUntilRestore = 150;

    private readonly ServedAppliance _appliance = new();
    private readonly List<byte[]> _trail = [];

    public override string Name => "dispatcher";

    public override int BytesMax => 64 * 1024;

    public override TimeSpan TimeMax => TimeSpan.FromSeconds(60);

    public override long AllocatedMax => 128 << 20;

    public override bool IsThreaded => true;

    public override IEnumerable<byte[]> Seeds => OperationSeeds.All;

    public override IEnumerable<byte[]> Words =>
    [
        .. WordList.Protobuf,
        .. WordList.Text(
            "demo", "alice", "root", "bob", "p256", "new", "Owner", "KeyUser", "Administrator", "Auditor", "none", "any", "required", "user", "service",
            "machine", "software", "hsm:one", "CN=a", "CN=a,O=b", "demo/p256/1", "correct horse", "battery staple", "/backup", "a.example", "\0", "\uFFFD",
            ServedAppliance.ProjectId, ServedAppliance.KeyId, ServedAppliance.GrantId, ServedAppliance.Grant),
        .. WordList.Text([.. KeyAlgorithm.All.Where(row => row.KeyType != CKK.CKK_RSA).Select(row => row.Name), "rsa2048"]),
        ServedAppliance.Ticket, ServedAppliance.ObjectId, [.. ServedAppliance.ObjectId, 1], [.. ServedAppliance.ObjectId, 2], [.. ServedAppliance.ObjectId, 3],
        ServedAppliance.DataId, ServedAppliance.OwnKeyId,
        .. SignatureMechanism.All.Select(row => Mutator.Varint((ulong)row.Mechanism)),
    ];

    public override byte[]? Trail => _trail.Count < 2 ? null : [.. _trail.SelectMany(WithMark)];

    public override void Run(ReadOnlySpan<byte> input)
    {
        foreach (byte[] conversation in Conversations(input.ToArray()))
        {
            if (_trail.Count == InputsUntilRestore)
            {
                _trail.Clear();
                _appliance.Restore();
            }

            _trail.Add(conversation);
            Converse(conversation);
        }
    }

    public override bool IsRefusal(Exception thrown) => thrown is ProtocolViolationException;

    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        List<byte[]> frames = Frames(input.AsSpan(Math.Min(1, input.Length)));
        byte caller = input.Length == 0 || mutator.Dice.OneIn(12) ? (byte)mutator.Dice.Below(5) : input[0];
        if (frames.Count == 0 || (frames.Count < 4 && mutator.Dice.OneIn(10)))
        {
            byte[] other = mutator.Other();
            frames.AddRange(Frames(other.AsSpan(Math.Min(1, other.Length))).Take(2));
        }

        if (frames.Count > 1 && mutator.Dice.OneIn(8))
        {
            frames.RemoveAt(mutator.Dice.Below(frames.Count));
        }

        if (frames.Count > 0)
        {
            int at = mutator.Dice.Below(frames.Count);
            frames[at] = ProtobufMutator.Mutate(frames[at], mutator);
            if (mutator.Dice.OneIn(30))
            {
                frames[at] = WithOperation(frames[at], mutator);
            }
        }

        return [caller, .. frames.SelectMany(WithLength)];
    }

    public override void Dispose()
    {
        _appliance.Dispose();
        base.Dispose();
    }

    private void Converse(byte[] conversation)
    {
        if (conversation.Length < 1)
        {
            return;
        }

        Appliance.Requests.Session session = _appliance.Connect(conversation[0]);
        foreach (byte[] content in Frames(conversation.AsSpan(1)).Take(RequestsMax))
        {
            if (content.Length is 0 or > ProtocolLimits.FrameBytesMax || session.MustClose)
            {
                return;
            }

            _appliance.FillIn(content);
            FrameBuffer buffer = FrameBuffer.Rent(content.Length);
            content.CopyTo(buffer.Memory);
            using RequestFrame request = RequestFrame.Parse(buffer);
            if (IsHarmless(request))
            {
                Answer(session, request);
            }
        }
    }

    private void Answer(Appliance.Requests.Session session, RequestFrame request)
    {
        _appliance.Log.Fault = null;
        using ResponseFrame response = _appliance.Dispatcher.DispatchAsync(session, request, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        FrameBuffer back = FrameBuffer.Rent(FrameBuffer.ReadLength(response.Bytes.Span));
        response.Bytes[ProtocolLimits.LengthPrefixBytes..].CopyTo(back.Memory);
        using ResponseFrame answer = ResponseFrame.Parse(back);
        if (answer.Correlation != request.Correlation)
        {
            throw new InternalFaultException("An answer to another request.", null);
        }

        if (_appliance.Log.Fault is { } fault || answer.Status is { Reason: "internal" })
        {
            throw new InternalFaultException($"{request.Operation} answered: {answer.Status?.Message}", _appliance.Log.Fault);
        }
    }

    // A backup goes where the caller says: here into the appliance's folder, or nowhere.
    private bool IsHarmless(RequestFrame request)
    {
        if (request.Operation != OperationCode.Backup)
        {
            return true;
        }

        try
        {
            string path = BackupRequest.Parser.ParseFrom(request.Body.Span).Path;
            return !Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal)
                || Path.GetFullPath(path).StartsWith(_appliance.Folder + "/", StringComparison.Ordinal);
        }
        catch (InvalidProtocolBufferException)
        {
            return true;
        }
    }

    private static byte[] WithOperation(byte[] frame, Mutator mutator)
    {
        List<(ulong Tag, byte[] Value)>? fields = ProtobufMutator.Read(frame);
        int at = fields?.FindIndex(field => field.Tag == 2 << 3) ?? -1;
        if (at >= 0)
        {
            fields![at] = (2 << 3, Mutator.Varint((ulong)mutator.Dice.Pick(Enum.GetValues<OperationCode>())));
        }

        return fields is null ? frame : ProtobufMutator.Write(fields);
    }

    private static byte[] WithLength(byte[] frame)
    {
        byte[] prefix = new byte[ProtocolLimits.LengthPrefixBytes];
        BinaryPrimitives.WriteInt32BigEndian(prefix, frame.Length);
        return [.. prefix, .. frame];
    }

    private static List<byte[]> Frames(ReadOnlySpan<byte> stream)
    {
        List<byte[]> frames = [];
        while (stream.Length > ProtocolLimits.LengthPrefixBytes)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(stream);
            int taken = (int)Math.Min(length, (uint)(stream.Length - ProtocolLimits.LengthPrefixBytes));
            frames.Add(stream.Slice(ProtocolLimits.LengthPrefixBytes, taken).ToArray());
            stream = stream[(ProtocolLimits.LengthPrefixBytes + taken)..];
        }

        return frames;
    }

    // A trail is many conversations in one file: a mark no caller has, a length, and the conversation.
    private static IEnumerable<byte> WithMark(byte[] conversation) => [byte.MaxValue, .. WithLength(conversation)];

    private static List<byte[]> Conversations(byte[] input)
    {
        if (input.Length == 0 || input[0] != byte.MaxValue)
        {
            return [input];
        }

        List<byte[]> conversations = [];
        for (int at = 1; at + ProtocolLimits.LengthPrefixBytes <= input.Length;)
        {
            int length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(input.AsSpan(at)), (uint)(input.Length - at - ProtocolLimits.LengthPrefixBytes));
            at += ProtocolLimits.LengthPrefixBytes;
            conversations.Add(input[at..(at + length)]);
            at += length + 1;
        }

        return conversations;
    }
}
