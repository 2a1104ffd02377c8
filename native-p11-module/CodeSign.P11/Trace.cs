using System.Globalization;
using System.Text;
using CodeSign.P11.Native;

namespace CodeSign.P11;

/// <summary>
/// CODESIGN_TRACE: one line per sentence, to standard error or a file that is opened anew for each line (the host may close what
/// it didn't open). Nothing is printed where nobody asked for it.
/// </summary>
internal sealed class Trace
{
    private readonly bool _standardError;
    private readonly byte[]? _path;

    /// <param name="destination">Null or empty: off; "1" or "stderr": standard error; else a file's path.</param>
    public Trace(string? destination)
    {
        Destination = destination;
        _standardError = destination is "1" or "stderr";
        _path = string.IsNullOrEmpty(destination) || _standardError ? null : Encoding.UTF8.GetBytes(destination + '\0');
    }

    public string? Destination { get; }

    public bool IsOn => _standardError || _path is not null;

    /// <summary>Writes one sentence. Never throws.</summary>
    public void Write(string sentence)
    {
        if (!IsOn)
        {
            return;
        }

        string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        byte[] line = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{time} codesign-p11[{Environment.ProcessId}] {sentence.ReplaceLineEndings(" ")}\n"));
        if (_path is null)
        {
            LibC.Write(LibC.StandardError, line);
        }
        else
        {
            LibC.Append(_path, line);
        }
    }
}
