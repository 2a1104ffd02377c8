using System.Diagnostics;
using System.Text;

namespace CodeSign.Tests;

/// <summary>A running tool whose output is collected as it comes.</summary>
internal sealed class ToolProcess : IDisposable
{
    public const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly TimeSpan OutputDeadline = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly CountdownEvent _streamsOpen = new(2);

    private ToolProcess(Command command, Process process)
    {
        CommandLine = command.ToString();
        _process = process;
        _process.OutputDataReceived += (_, e) => Collect(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Collect(_error, e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string CommandLine { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it said so far, and its exit code or -1 while it runs.</summary>
    public ToolRun Report()
    {
        lock (_streamsOpen)
        {
            return new ToolRun(CommandLine, _process.HasExited ? _process.ExitCode : -1, _output.ToString(), _error.ToString());
        }
    }

    /// <summary>Makes the test inconclusive, naming the tool, where it isn't installed.</summary>
    public static void Need(string tool)
    {
        bool found = tool.StartsWith('/')
            ? File.Exists(tool)
            : SearchPath.Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
        if (!found)
        {
            Assert.Inconclusive($"{tool} is missing; eng/install-tools.sh installs it.");
        }
    }

    public static ToolProcess Start(Command command, string folder, IReadOnlyDictionary<string, string> environment)
    {
        Need(command.Arguments[0]);
        ProcessStartInfo start = new(command.Arguments[0], command.Arguments.Skip(1))
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        start.Environment.Clear();
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        return new ToolProcess(command, Process.Start(start)!);
    }

    /// <summary>Types text and leaves the input open.</summary>
    public void Write(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    public void EndInput(string? text)
    {
        try
        {
            _process.StandardInput.Write(text);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code tells the rest.
        }
    }

    public ToolRun WaitForExit(TimeSpan deadline)
    {
        if (!_process.WaitForExit(deadline))
        {
            Stop();
            Assert.Fail($"did not end within {deadline.TotalSeconds} s:\n{Report()}");
        }
        // A daemon that the tool left behind may hold the pipes open; its output isn't waited for.
        _streamsOpen.Wait(OutputDeadline);
        return Report();
    }

    public void Stop()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.WaitForExit(OutputDeadline);
    }

    public void Dispose()
    {
        Stop();
        _process.Dispose();
    }

    private void Collect(StringBuilder said, string? line)
    {
        lock (_streamsOpen)
        {
            if (line is not null)
            {
                said.AppendLine(line);
            }
            else if (!_streamsOpen.IsSet)
            {
                _streamsOpen.Signal();
            }
        }
    }
}
