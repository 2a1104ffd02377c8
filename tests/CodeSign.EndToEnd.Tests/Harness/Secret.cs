using System.Security.Cryptography;
using System.Text;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>Something that must not be found where it doesn't belong, and the forms it could be found in.</summary>
internal sealed record Secret(string Name, byte[] Bytes)
{
    private const int WindowBytes = 24;
    private const int Pkcs8Bytes = 40;
    private const int Base64Alignments = 3;

    /// <summary>A PIN, password or grant.</summary>
    public static Secret Text(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    /// <summary>The first line of a file.</summary>
    public static Secret Line(string name, string file) => Text(name, File.ReadLines(file).First());

    /// <summary>What is secret in a private key: its numbers, and PKCS#8 as far as it isn't public.</summary>
    public static IEnumerable<Secret> Of(string name, byte[] pkcs8)
    {
        // Version, algorithm and lengths take at most 33 bytes; what follows tells keys apart. EC ends with the public point.
        yield return new Secret($"PKCS#8 of {name}", pkcs8[..Pkcs8Bytes]);
        foreach ((string number, byte[] bytes) in NumbersOf(pkcs8))
        {
            yield return new Secret($"{number} of {name}", bytes);
        }
    }

    /// <summary>
    /// Each way it could have been written. Of a long one three pieces, because base64 is broken into lines; binary ones also with
    /// the last byte first, as arithmetic keeps them.
    /// </summary>
    public IEnumerable<(string Form, byte[] Needle)> Forms()
    {
        foreach (byte[] piece in Pieces())
        {
            string[] texts = [Convert.ToHexStringLower(piece), Convert.ToHexString(piece), .. Enumerable.Range(0, Base64Alignments).Select(at => Base64(piece, at))];
            string[] names = ["hex", "HEX", "base64+0", "base64+1", "base64+2"];
            yield return ("raw", piece);
            yield return ("UTF-16LE", [.. piece.SelectMany(b => new byte[] { b, 0 })]);
            yield return ("reversed", [.. piece.Reverse()]);
            foreach ((string name, string text) in names.Zip(texts))
            {
                yield return (name, Encoding.ASCII.GetBytes(text));
                yield return ("UTF-16LE of " + name, Encoding.Unicode.GetBytes(text));
            }
            foreach (string text in texts[2..].Where(text => text.AsSpan().ContainsAny('+', '/')))
            {
                yield return ("base64url", Encoding.ASCII.GetBytes(text.Replace('+', '-').Replace('/', '_')));
            }
        }
    }

    private IEnumerable<byte[]> Pieces() => Bytes.Length <= 2 * WindowBytes
        ? [Bytes]
        : [Bytes[..WindowBytes], Bytes[(Bytes.Length / 2)..][..WindowBytes], Bytes[^WindowBytes..]];

    /// <summary>Those characters that depend on the secret alone, where it begins so many bytes after a multiple of three.</summary>
    private static string Base64(byte[] piece, int offset)
    {
        int from = ((8 * offset) + 5) / 6;
        int to = 8 * (offset + piece.Length) / 6;
        return Convert.ToBase64String([.. new byte[offset], .. piece])[from..to];
    }

    private static IEnumerable<(string Name, byte[] Bytes)> NumbersOf(byte[] pkcs8)
    {
        try
        {
            using RSA rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            RSAParameters p = rsa.ExportParameters(includePrivateParameters: true);
            return [("d", p.D!), ("p", p.P!), ("q", p.Q!), ("dp", p.DP!), ("dq", p.DQ!), ("1/q", p.InverseQ!)];
        }
        catch (CryptographicException)
        {
            // Not RSA.
        }
        try
        {
            using ECDsa ec = ECDsa.Create();
            ec.ImportPkcs8PrivateKey(pkcs8, out _);
            return [("scalar", ec.ExportParameters(includePrivateParameters: true).D!)];
        }
        catch (CryptographicException)
        {
            // RFC 8410: PKCS#8 of Edwards keys ends with the seed, an octet string in an octet string.
            return [("seed", pkcs8[^(pkcs8[15] is 0x20 ? 32 : 57)..])];
        }
    }
}
