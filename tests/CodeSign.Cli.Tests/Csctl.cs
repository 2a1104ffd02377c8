using System.Text;
using System.Text.Json;

namespace CodeSign.Cli.Tests;

/// <summary>Runs csctl in process, with a home of its own, and keeps what it printed.</summary>
internal sealed class Csctl : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("csctl-tests-");

    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Keys somebody types; null: nobody sits there.</summary>
    public Queue<ConsoleKeyInfo>? Keyboard { get; set; }

    public string StandardInput { get; set; } = "";

    public byte[] OutputBytes { get; private set; } = [];

    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error { get; private set; } = "";

    public string ConfigFile => InHome(".config/codesign/client.conf");

    public string InHome(string name) => Path.Combine(_home.FullName, name);

    public string Write(string name, string text)
    {
        string path = InHome(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Type(string text)
    {
        Keyboard ??= [];
        foreach (char character in text)
        {
            Keyboard.Enqueue(character == '\n'
                ? new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false)
                : new ConsoleKeyInfo(character, ConsoleKey.None, false, false, false));
        }
    }

    public ExitCode Run(params string[] arguments)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        using MemoryStream input = new(Encoding.UTF8.GetBytes(StandardInput));
        using Terminal terminal = new(
            output,
            error,
            input,
            name => Environment.TryGetValue(name, out string? value) ? value : string.Equals(name, "HOME", StringComparison.Ordinal) ? _home.FullName : null,
            Keyboard is null ? null : () => Keyboard.Dequeue());
        ExitCode code = (ExitCode)new CommandLine(terminal).Run(arguments);
        OutputBytes = output.ToArray();
        Error = error.ToString();
        return code;
    }

    public void MustRun(params string[] arguments) => Assert.AreEqual(ExitCode.Ok, Run(arguments), Error);

    public JsonElement Json(params string[] arguments)
    {
        MustRun([.. arguments, "--output", "json"]);
        using JsonDocument document = JsonDocument.Parse(OutputBytes);
        return document.RootElement.Clone();
    }

    public void Dispose() => _home.Delete(recursive: true);
}
