using System.Security.Cryptography;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;

namespace CodeSign.Appliance.Hosting;

/// <summary>Reads a secret out of a file into memory that is zeroed, and out of a terminal that doesn't show it.</summary>
internal static class SecretFile
{
    /// <summary>Bytes of a passphrase, PIN or key file.</summary>
    public const int BytesMax = 16 * 1024;

    /// <summary>The first line of a text file, without its end.</summary>
    /// <exception cref="ConfigurationException">Unreadable, empty or too long.</exception>
    public static SecretBytes Read(string path) => Read(path, firstLineOnly: true);

    /// <summary>All of a file.</summary>
    /// <exception cref="ConfigurationException">Unreadable, empty or too long.</exception>
    public static SecretBytes ReadWhole(string path) => Read(path, firstLineOnly: false);

    /// <summary>Asks at the terminal, without an echo.</summary>
    /// <exception cref="ConfigurationException">Nobody is there to be asked.</exception>
    public static SecretBytes Ask(string prompt, string otherwise)
    {
        if (Console.IsInputRedirected)
        {
            throw new ConfigurationException($"There is no terminal to ask for the {prompt}: {otherwise}");
        }

        Console.Error.Write($"{prompt}: ");
        using SecretBytes typed = new(BytesMax);
        int length = 0;
        Span<byte> encoded = stackalloc byte[8];
        for (ConsoleKeyInfo key = Console.ReadKey(true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                while (length > 0 && (typed.Span[--length] & 0xc0) == 0x80)
                {
                    // the continuation bytes of a character (RFC 3629 section 3)
                }
            }
            else if (key.KeyChar != '\0')
            {
                int count = System.Text.Encoding.UTF8.GetBytes([key.KeyChar], encoded);
                encoded[..count].CopyTo(typed.Span[length..]);
                length += count;
            }
        }

        CryptographicOperations.ZeroMemory(encoded);
        Console.Error.Write('\n');
        return new SecretBytes(typed.Span[..length]);
    }

    private static SecretBytes Read(string path, bool firstLineOnly)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(BytesMax + 1, pinned: true);
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > BytesMax)
            {
                throw new ConfigurationException($"{path} has more than {BytesMax} bytes: this is not a file with a secret.");
            }

            ReadOnlySpan<byte> content = bytes.AsSpan(0, length);
            int end = firstLineOnly ? content.IndexOfAny((byte)'\n', (byte)'\r') : -1;
            ReadOnlySpan<byte> secret = end < 0 ? content : content[..end];
            return secret.Length > 0 ? new SecretBytes(secret) : throw new ConfigurationException($"{path} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} can't be read: {e.Message}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
