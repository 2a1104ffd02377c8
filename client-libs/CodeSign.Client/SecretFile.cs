namespace CodeSign.Client;

/// <summary>Reads files that hold a secret (or nothing secret) without leaving a copy in managed memory.</summary>
public static class SecretFile
{
    /// <summary>Bytes of such a file.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>The first line of a file with a password, PIN or grant: without the line's end.</summary>
    /// <param name="what">How a failure names it: "grant file".</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ApplianceException">client.configuration.</exception>
    public static ClientSecret ReadLine(string what, string path)
    {
        using ClientSecret all = Read(what, path);
        ReadOnlySpan<byte> line = FirstLine(all.Span);
        return line.IsEmpty
            ? throw Fault.Configuration($"The {what} {path} is empty; write the secret on its first line.")
            : new ClientSecret(line);
    }

    /// <summary>The next line of a stream (standard input): what comes after it is left to others.</summary>
    /// <exception cref="ApplianceException">client.configuration.</exception>
    public static ClientSecret ReadLine(string what, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using ClientSecret buffer = new(BytesMax + 1);
        int length = 0;
        while (length < buffer.Length && stream.Read(buffer.Span.Slice(length, 1)) > 0)
        {
            if (buffer.Span[length++] == (byte)'\n')
            {
                break;
            }
        }

        ReadOnlySpan<byte> line = FirstLine(buffer.Span[..length]);
        return line.IsEmpty || length > BytesMax
            ? throw Fault.Configuration($"Standard input has no line for '{what}'.")
            : new ClientSecret(line);
    }

    /// <summary>All of a file's bytes.</summary>
    /// <exception cref="ApplianceException">client.configuration.</exception>
    public static ClientSecret Read(string what, string path)
    {
        try
        {
            using ClientSecret buffer = new(BytesMax + 1);
            int length = 0;
            using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path))
            {
                int count;
                while ((count = RandomAccess.Read(file, buffer.Span[length..], length)) > 0)
                {
                    length += count;
                    if (length > BytesMax)
                    {
                        throw Fault.Configuration($"The {what} {path} is larger than {BytesMax} bytes; is it the right file?");
                    }
                }
            }

            return new ClientSecret(buffer.Span[..length]);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Fault.File(what, path, fault);
        }
    }

    internal static ClientSecret? TryRead(string path)
    {
        try
        {
            return ReadLine("grant file", path);
        }
        catch (ApplianceException)
        {
            return null;
        }
    }

    internal static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAny((byte)'\n', (byte)'\r');
        return end < 0 ? text : text[..end];
    }
}
