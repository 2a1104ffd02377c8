namespace CodeSign.Cli.Commands;

/// <summary>Certificates to and from files.</summary>
internal static class CertificateFiles
{
    private const int PemLineCharacters = 64;

    /// <summary>The DER of each certificate in a PEM or DER file, at least one.</summary>
    public static IReadOnlyList<byte[]> Read(string path)
    {
        try
        {
            byte[][] certificates = [.. Client.Trust.Read(Invocation.Read(path)).Select(certificate => certificate.Der.ToArray())];
            return certificates.Length > 0 ? certificates : throw CommandFault.File($"{path} has no certificate in it.");
        }
        catch (FormatException fault)
        {
            throw CommandFault.File($"{path} can't be used: {fault.Message}.", fault);
        }
    }

    /// <summary>PEM (RFC 7468).</summary>
    public static string ToPem(string label, ReadOnlySpan<byte> der)
    {
        string base64 = Convert.ToBase64String(der);
        IEnumerable<string> lines = base64.Chunk(PemLineCharacters).Select(line => new string(line));
        return $"-----BEGIN {label}-----\n{string.Join('\n', lines)}\n-----END {label}-----\n";
    }
}
