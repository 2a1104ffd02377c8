using System.Buffers;
using System.Buffers.Text;

namespace CodeSign.Client.Tls;

/// <summary>PEM (RFC 7468) over bytes: a key's text never becomes a string.</summary>
internal static class Pem
{
    /// <summary>Blocks of one file: a bundle of all public CAs has fewer than 200.</summary>
    public const int BlocksMax = 512;

    private static ReadOnlySpan<byte> Begin => "-----BEGIN "u8;

    private static ReadOnlySpan<byte> End => "-----END "u8;

    private static ReadOnlySpan<byte> Dashes => "-----"u8;

    /// <summary>The decoded blocks with this label, in order.</summary>
    /// <exception cref="FormatException">A block isn't closed, or isn't base64.</exception>
    public static List<ClientSecret> Blocks(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        List<ClientSecret> blocks = [];
        while (Next(ref text, out ReadOnlySpan<byte> found, out ReadOnlySpan<byte> base64))
        {
            if (!found.SequenceEqual(label))
            {
                continue;
            }

            if (blocks.Count == BlocksMax)
            {
                throw new FormatException("it has too many PEM blocks");
            }

            blocks.Add(Decode(base64));
        }

        return blocks;
    }

    /// <summary>The label of the first block, empty where there is none.</summary>
    public static string FirstLabel(ReadOnlySpan<byte> text) =>
        Next(ref text, out ReadOnlySpan<byte> label, out _) ? System.Text.Encoding.ASCII.GetString(label) : "";

    private static bool Next(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> label, out ReadOnlySpan<byte> base64)
    {
        label = default;
        base64 = default;
        int begin = text.IndexOf(Begin);
        if (begin < 0)
        {
            return false;
        }

        text = text[(begin + Begin.Length)..];
        int labelEnd = text.IndexOf(Dashes);
        int end = text.IndexOf(End);
        if (labelEnd < 0 || end < labelEnd)
        {
            throw new FormatException("a PEM block in it isn't closed");
        }

        label = text[..labelEnd];
        base64 = text[(labelEnd + Dashes.Length)..end];
        text = text[(end + End.Length)..];
        return true;
    }

    private static ClientSecret Decode(ReadOnlySpan<byte> base64)
    {
        using ClientSecret decoded = new(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        OperationStatus status = Base64.DecodeFromUtf8(base64, decoded.Span, out _, out int written);
        return status == OperationStatus.Done && written > 0
            ? new ClientSecret(decoded.Span[..written])
            : throw new FormatException("a PEM block in it isn't base64");
    }
}
