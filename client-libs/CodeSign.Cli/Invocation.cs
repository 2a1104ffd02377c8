using System.CommandLine;
using CodeSign.Cli.Output;
using CodeSign.Client;
using CodeSign.Wire;
using Google.Protobuf;

namespace CodeSign.Cli;

/// <summary>One run of one command: its options, its output, and the appliance when it is needed.</summary>
internal sealed class Invocation : IDisposable
{
    public const string Version = "0.1.0";

    private readonly ParseResult _parse;
    private ClientSettings? _settings;
    private ApplianceClient? _client;

    public Invocation(ParseResult parse, Terminal terminal)
    {
        _parse = parse;
        Terminal = terminal;
        Printer = new Printer(
            terminal,
            string.Equals(parse.GetValue(GlobalOptions.Output), GlobalOptions.Json, StringComparison.Ordinal),
            parse.GetValue(GlobalOptions.Quiet));
    }

    public Terminal Terminal { get; }

    public Printer Printer { get; }

    /// <summary>--config, or null.</summary>
    public string? ConfigOption => _parse.GetValue(GlobalOptions.Config);

    /// <summary>The configuration, without the contents of its files.</summary>
    public ClientSettings Settings => _settings ??= ClientSettings.Load(ConfigOption, Terminal.GetEnvironment, raisedRights: false);

    public ApplianceClient Client => _client ??= new ApplianceClient(Settings, Hooks);

    public ClientHooks Hooks => new()
    {
        ClientName = "csctl " + Version,
        Trace = Terminal.GetEnvironment("CODESIGN_TRACE") is { Length: > 0 }
            ? sentence => Terminal.Error.WriteLine("csctl: " + Printer.Printable(sentence))
            : null,
    };

    public T? Get<T>(Option<T> option) => _parse.GetValue(option);

    /// <summary>An argument; one that may be left out is declared nullable.</summary>
    public T Get<T>(Argument<T> argument) => _parse.GetValue(argument)!;

    public bool IsGiven(Option option) => _parse.GetResult(option) is { Implicit: false };

    public TResponse Ask<TResponse>(OperationCode operation, IMessage request, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse> => Client.Call(operation, request, parser);

    /// <summary>The same with a secret.</summary>
    public TResponse Ask<TResponse>(OperationCode operation, IMessage request, MessageParser<TResponse> parser, ClientSecret secret)
        where TResponse : IMessage<TResponse> => Client.Call(operation, request, parser, secret: secret.Span, secrets: 1);

    /// <summary>A password or PIN: from a file ("-": standard input), or asked for.</summary>
    /// <param name="file">The option's value, or null.</param>
    /// <param name="prompt">How it is asked for.</param>
    /// <param name="twice">Asked for a second time, against typing errors: for new ones.</param>
    public ClientSecret Secret(string? file, string prompt, bool twice = false)
    {
        if (file is not null)
        {
            return string.Equals(file, "-", StringComparison.Ordinal)
                ? SecretFile.ReadLine(prompt, Terminal.Input)
                : SecretFile.ReadLine("file", file);
        }

        ClientSecret first = Terminal.AskSecret(prompt);
        if (!twice)
        {
            return first;
        }

        using ClientSecret second = Terminal.AskSecret(prompt + " again");
        if (!first.Span.SequenceEqual(second.Span))
        {
            first.Dispose();
            throw CommandFault.Usage("The two aren't the same; nothing was changed.");
        }

        return first;
    }

    /// <summary>Bytes to a file that may be replaced, or to standard output ("-" or null).</summary>
    public void Write(string? path, ReadOnlySpan<byte> bytes)
    {
        if (path is null or "-")
        {
            Terminal.OutputStream.Write(bytes);
            Terminal.OutputStream.Flush();
            return;
        }

        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{path} can't be written ({fault.Message.TrimEnd('.')}).", fault);
        }
    }

    /// <summary>A whole file, at most so many bytes.</summary>
    public static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"{path} can't be read ({fault.Message.TrimEnd('.')}).", fault);
        }
    }

    public void Dispose() => _client?.Dispose();
}
