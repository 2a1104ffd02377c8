using System.Globalization;
using CodeSign.Client;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Cli.Commands;

/// <summary>A secret given out once, kept in a file only its owner reads.</summary>
internal static class GrantFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string IdMark = "# grant ";

    /// <summary>Writes the grant on the first line and its id (no secret) on the second; replaces the file in one step.</summary>
    private static void Write(string path, ClientSecret secret, Grant grant)
    {
        try
        {
            WholeFile.Write(path, OwnerOnly, file =>
            {
                file.Write(secret.Span);
                file.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $"\n{IdMark}{grant.Id} of {grant.User}, until {DateTimeOffset.FromUnixTimeMilliseconds(grant.ExpiresUnixMs):yyyy-MM-dd'T'HH:mm:ss'Z'}\n")));
            });
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(Path.GetFullPath(path), fault);
        }
    }

    /// <summary>Refuses a place where nothing can be written, before a grant is asked for.</summary>
    public static void RequireWritable(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using FileStream probe = new(WholeFile.NameBeside(full), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            if (Directory.Exists(full))
            {
                throw new IOException("a folder has this name");
            }

            if (!WholeFile.IsReplaceable(full))
            {
                throw new IOException("it is a link or a device, not a file");
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(full, fault);
        }
    }

    /// <summary>Writes the grant; where that fails after all, ends it: nobody has it.</summary>
    public static void WriteOrRevoke(string path, ClientSecret secret, Grant grant, ApplianceClient client)
    {
        try
        {
            Write(path, secret, grant);
        }
        catch (Exception fault)
        {
            try
            {
                client.Call(OperationCode.RevokeGrant, new RevokeGrantRequest { Id = grant.Id }, RevokeGrantResponse.Parser);
            }
            catch (ApplianceException)
            {
                throw CommandFault.File($"{fault.Message.TrimEnd('.')}, and grant {grant.Id} is still good: revoke it with 'csctl grant revoke {grant.Id}'.", fault);
            }

            throw;
        }
    }

    private static CommandFault Unwritable(string full, Exception fault) =>
        CommandFault.File($"The grant file {full} can't be written ({fault.Message.TrimEnd('.')}).", fault);

    /// <summary>The id of the grant in a file, or null where it isn't told.</summary>
    public static string? ReadId(string path)
    {
        string? line = File.ReadLines(path).Skip(1).FirstOrDefault();
        return line is not null && line.StartsWith(IdMark, StringComparison.Ordinal) ? line[IdMark.Length..].Split(' ')[0] : null;
    }
}
