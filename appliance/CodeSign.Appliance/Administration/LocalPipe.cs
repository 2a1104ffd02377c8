using System.IO.Pipelines;

namespace CodeSign.Appliance.Administration;

/// <summary>Two ends of a conversation inside one process, or one end over a stream.</summary>
internal sealed class LocalPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;

    public static LocalPipe Over(Stream stream) => new(
        PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)),
        PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));

    public static (LocalPipe Server, LocalPipe Client) Pair()
    {
        Pipe requests = new();
        Pipe answers = new();
        return (new LocalPipe(requests.Reader, answers.Writer), new LocalPipe(answers.Reader, requests.Writer));
    }
}
