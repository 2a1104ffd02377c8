using System.Buffers.Binary;
using CodeSign.Tests;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CodeSign.Wire.Tests;

/// <summary>
/// One operation as it goes over the wire: a request frame, then its answer, with every field set. The file is for ever; the
/// JSON beside it says what its bytes mean, so that a field that changed its number or type is found.
/// </summary>
internal sealed record GoldenExchange(OperationCode Operation, MessageDescriptor Request, MessageDescriptor Response)
{
    private const ulong Correlation = 300;

    public static IEnumerable<GoldenExchange> All { get; } =
        [.. Enum.GetValues<OperationCode>().Where(code => code != OperationCode.None).Select(Of)];

    public string Name => string.Concat(
        Operation.ToString().Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    public string BytesPath => Repository.PathOf($"fixtures/wire/{Name}.bin");

    public string MeaningPath => Repository.PathOf($"fixtures/wire/{Name}.json");

    /// <summary>How many secrets the two frames carry: what the comments of the .proto files say.</summary>
    private (int Request, int Response) Secrets => Operation switch
    {
        OperationCode.Hello or OperationCode.CreateUser or OperationCode.ResetPin or OperationCode.RecoverAdministrator
            or OperationCode.InitToken or OperationCode.InitPin or OperationCode.CreateObject => (1, 0),
        OperationCode.RevealAttributes => (0, 1),
        OperationCode.SetPin or OperationCode.SetPassword or OperationCode.CreateEnvironment => (2, 0),
        OperationCode.Login => (1, 1),
        OperationCode.CreateGrant => (0, 1),
        _ => (0, 0),
    };

    /// <summary>Splits a file into its frames, without their prefixes.</summary>
    public static IReadOnlyList<byte[]> Frames(byte[] file)
    {
        List<byte[]> frames = [];
        for (int at = 0; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            frames.Add(file.AsSpan(at + ProtocolLimits.LengthPrefixBytes, length).ToArray());
            at += ProtocolLimits.LengthPrefixBytes + length;
        }

        return frames;
    }

    /// <summary>The two frames, every field of both messages set.</summary>
    public byte[] Write()
    {
        (int inRequest, int inResponse) = Secrets;
        using RequestFrame request = RequestFrame.Create(
            Correlation, Operation, Sample.Of(Request), "ticket"u8, "secret 1"u8, "secret 2"u8, inRequest);
        using ResponseFrame response = ResponseFrame.Success(Correlation, Sample.Of(Response), inResponse > 0 ? "secret"u8 : default);
        return [.. request.Bytes.Span, .. response.Bytes.Span];
    }

    /// <summary>What the bytes of a file mean to this version, and the same bytes as this version writes them.</summary>
    public (string Meaning, byte[] Again) Read(byte[] file)
    {
        IReadOnlyList<byte[]> frames = Frames(file);
        using RequestFrame request = Wires.ReceiveRequest(Wires.Frame(frames[0]));
        using ResponseFrame response = Wires.ReceiveResponse(Wires.Frame(frames[1]));
        IMessage question = Request.Parser.ParseFrom(request.Body.Span);
        IMessage answer = Response.Parser.ParseFrom(response.Body.Span);
        string meaning = $$"""
            { "correlation": {{request.Correlation}}, "operation": {{(int)request.Operation}}, "ticket": "{{Text(request.Ticket)}}", "secrets": {{Texts(request.Secrets)}},
              "body": {{JsonFormatter.Default.Format(question)}} }
            { "correlation": {{response.Correlation}}, "secrets": {{Texts(response.Secrets)}},
              "body": {{JsonFormatter.Default.Format(answer)}} }

            """;
        using RequestFrame requestAgain = RequestFrame.Create(
            request.Correlation, request.Operation, question, request.Ticket.Span, At(request.Secrets, 0), At(request.Secrets, 1), request.Secrets.Count);
        using ResponseFrame responseAgain = ResponseFrame.Success(response.Correlation, answer, At(response.Secrets, 0));
        return (meaning, [.. requestAgain.Bytes.Span, .. responseAgain.Bytes.Span]);
    }

    private static GoldenExchange Of(OperationCode code)
    {
        MessageDescriptor[] messages = [.. TokenReflection.Descriptor.MessageTypes, .. AdministrationReflection.Descriptor.MessageTypes];
        MessageDescriptor Find(string name) => messages.FirstOrDefault(message => string.Equals(message.Name, name, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"The operation {code} has no message {name}.");
        return new GoldenExchange(code, Find($"{code}Request"), Find($"{code}Response"));
    }

    private static ReadOnlySpan<byte> At(IReadOnlyList<ReadOnlyMemory<byte>> secrets, int index) =>
        index < secrets.Count ? secrets[index].Span : default;

    private static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);

    private static string Texts(IReadOnlyList<ReadOnlyMemory<byte>> secrets) =>
        $"[{string.Join(", ", secrets.Select(secret => $"\"{Text(secret)}\""))}]";
}
