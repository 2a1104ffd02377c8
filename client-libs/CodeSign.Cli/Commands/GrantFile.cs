using System.Globalization;
using CodeSign.Client;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>A secret given out once, kept in a file only its owner reads.</summary>
internal static class GrantFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string IdMark = "# grant ";

    /// <summary>Writes the grant on the first line and its id (no secret) on the second; replaces the file in one step.</summary>
    public static void Write(string path, ClientSecret secret, Grant grant)
    {
        string full = Path.GetFullPath(path);
        string fresh = full + ".new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.Delete(fresh);
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0,
            };
            using (FileStream file = new(fresh, options))
            {
                file.Write(secret.Span);
                file.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $"\n{IdMark}{grant.Id} of {grant.User}, until {DateTimeOffset.FromUnixTimeMilliseconds(grant.ExpiresUnixMs):u}\n")));
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, full, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandFault.File($"The grant file {full} can't be written ({fault.Message.TrimEnd('.')}).", fault);
        }
    }

    /// <summary>The id of the grant in a file, or null where it isn't told.</summary>
    public static string? ReadId(string path)
    {
        string? line = File.ReadLines(path).Skip(1).FirstOrDefault();
        return line is not null && line.StartsWith(IdMark, StringComparison.Ordinal) ? line[IdMark.Length..].Split(' ')[0] : null;
    }
}
