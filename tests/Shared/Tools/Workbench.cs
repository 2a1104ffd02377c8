using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CodeSign.Tests;

/// <summary>
/// Where one test runs its tools: an empty folder that is also their HOME and TMPDIR, an environment with nothing in it but what the
/// test put there, and a deadline for each process. Everything started here has ended when it is disposed.
/// </summary>
internal sealed class Workbench : IDisposable
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(60);

    // gpg-agent and p11-kit put sockets below HOME, whose path may hold 107 bytes: a short name directly below the temporary folder.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cs-");
    private readonly Dictionary<string, string> _environment;
    private readonly List<BackgroundTool> _background = [];

    public Workbench()
    {
        _environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = ToolProcess.SearchPath,
            ["HOME"] = Folder,
            ["TMPDIR"] = Folder,
            ["LANG"] = "C.UTF-8",
            ["TZ"] = "UTC",
        };
    }

    public string Folder => _folder.FullName;

    public string At(string name) => Path.Combine(Folder, name);

    public Workbench Set(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Adds what processes need to use a token's module, say.</summary>
    public Workbench Set(IReadOnlyDictionary<string, string> environment)
    {
        foreach ((string name, string value) in environment)
        {
            Set(name, value);
        }
        return this;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        string path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>A file that only its owner reads.</summary>
    public string Secret(string name, string text)
    {
        string path = Write(name, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    public byte[] Read(string name) => File.ReadAllBytes(At(name));

    public string ReadText(string name) => File.ReadAllText(At(name));

    public string Copy(string source, string name)
    {
        string path = At(name);
        File.Copy(source, path, overwrite: true);
        return path;
    }

    /// <summary>A copy of a file with one bit changed at the given place (negative: counted from the end).</summary>
    public string Tamper(string name, string copy, int offset)
    {
        byte[] bytes = Read(name);
        bytes[offset < 0 ? bytes.Length + offset : offset] ^= 1;
        return Write(copy, bytes);
    }

    /// <summary>A TCP port of the loopback address that was free a moment ago.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public ToolRun Run(Command command) => Run(command, input: null, DefaultDeadline);

    public ToolRun Run(Command command, string input) => Run(command, input, DefaultDeadline);

    public ToolRun Run(Command command, string? input, TimeSpan deadline)
    {
        using ToolProcess process = ToolProcess.Start(command, Folder, _environment);
        process.EndInput(input);
        return process.WaitForExit(deadline);
    }

    /// <summary>Starts a server; it is killed with its children when the bench is disposed.</summary>
    public BackgroundTool Launch(Command command)
    {
        BackgroundTool tool = new(ToolProcess.Start(command, Folder, _environment));
        _background.Add(tool);
        return tool;
    }

    public void Dispose()
    {
        _background.ForEach(tool => tool.Dispose());
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A daemon of the tool may still be writing; the temporary folder is swept by the system.
        }
    }
}
