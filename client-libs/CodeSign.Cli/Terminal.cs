using System.Text;
using CodeSign.Client;

namespace CodeSign.Cli;

/// <summary>Where csctl reads and writes: the console, or a test's buffers. The one place that knows the console.</summary>
internal sealed class Terminal : IDisposable
{
    private const int SecretCharactersMax = 1024;

    private readonly Func<ConsoleKeyInfo>? _readKey;

    /// <param name="output">Standard output, for text and for bytes.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="getenv">Reads the environment.</param>
    /// <param name="readKey">Reads one key without echo; null: nobody sits there.</param>
    public Terminal(Stream output, TextWriter error, Stream input, Func<string, string?> getenv, Func<ConsoleKeyInfo>? readKey)
    {
        OutputStream = output;
        Output = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { AutoFlush = true };
        Error = error;
        Input = input;
        GetEnvironment = getenv;
        _readKey = readKey;
    }

    public Stream OutputStream { get; }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public Stream Input { get; }

    public Func<string, string?> GetEnvironment { get; }

    /// <summary>Somebody can be asked.</summary>
    public bool IsInteractive => _readKey is not null;

    /// <summary>Columns of the output; wide where it goes to a file or a pipe.</summary>
    public int Width { get; init; } = 400;

    /// <summary>Whether the output understands colours.</summary>
    public bool HasColours { get; init; }

    /// <summary>The console. With more rights than its caller csctl isn't steered by the caller's environment, as the module isn't.</summary>
    public static Terminal OfConsole() => new(
        Console.OpenStandardOutput(),
        Console.Error,
        Console.OpenStandardInput(),
        ClientSettings.RunsWithRaisedRights() ? _ => null : Environment.GetEnvironmentVariable,
        Console.IsInputRedirected ? null : () => Console.ReadKey(intercept: true))
    {
        Width = Console.IsOutputRedirected ? 400 : Math.Max(Console.WindowWidth, 40),
        HasColours = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null,
    };

    /// <summary>Asks for a secret without echo.</summary>
    public ClientSecret AskSecret(string prompt)
    {
        Func<ConsoleKeyInfo> readKey = RequireSomebody(prompt);
        Error.Write(prompt + ": ");
        char[] typed = GC.AllocateArray<char>(SecretCharactersMax, pinned: true);
        try
        {
            int length = 0;
            ConsoleKeyInfo key;
            while ((key = readKey()).Key != ConsoleKey.Enter)
            {
                if (key.Key == ConsoleKey.Backspace)
                {
                    length = Math.Max(0, length - 1);
                }
                else if (!char.IsControl(key.KeyChar) && length < typed.Length)
                {
                    typed[length++] = key.KeyChar;
                }
            }

            Error.WriteLine();
            ClientSecret secret = new(Encoding.UTF8.GetByteCount(typed, 0, length));
            Encoding.UTF8.GetBytes(typed.AsSpan(0, length), secret.Span);
            return secret;
        }
        finally
        {
            Array.Clear(typed);
        }
    }

    /// <summary>Asks a question that is answered by a line.</summary>
    public string AskLine(string prompt)
    {
        Func<ConsoleKeyInfo> readKey = RequireSomebody(prompt);
        Error.Write(prompt + ": ");
        StringBuilder typed = new();
        ConsoleKeyInfo key;
        while ((key = readKey()).Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0)
            {
                typed.Length--;
                Error.Write("\b \b");
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < SecretCharactersMax)
            {
                typed.Append(key.KeyChar);
                Error.Write(key.KeyChar);
            }
        }

        Error.WriteLine();
        return typed.ToString();
    }

    public void Dispose() => Output.Dispose();

    private Func<ConsoleKeyInfo> RequireSomebody(string prompt) => _readKey
        ?? throw CommandFault.Usage($"Nobody can be asked for '{prompt}' here; give it by an option (passwords and PINs by a file).");
}
