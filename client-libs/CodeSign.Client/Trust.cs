using CodeSign.Client.Sockets;
using CodeSign.Client.Tls;
using CodeSign.Wire;
using CodeSign.Wire.Framing;
using CodeSign.Wire.V1;
using Google.Protobuf;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;

namespace CodeSign.Client;

/// <summary>First trust: what a server shows before it is trusted, and fingerprints.</summary>
public static class Trust
{
    private const int HashHexDigits = 64;

    /// <summary>
    /// The chain a server shows, leaf first, with its CA at the end where the server tells it (TLS servers leave out the root; the
    /// appliance gives it in its hello answer). Nothing about it is verified; nothing secret is sent to the server.
    /// </summary>
    /// <exception cref="ApplianceException">The server can't be reached, or isn't a TLS 1.3 server.</exception>
    public static IReadOnlyList<ShownCertificate> Fetch(ServerAddress server, int timeoutMs = 3000)
    {
        ArgumentNullException.ThrowIfNull(server);
        List<ShownCertificate> shown = [];
        BcTlsCrypto crypto = new(new SecureRandom(new Entropy()));
        ApplianceTlsClient client = new(crypto, server, chain => shown.AddRange(chain.Select(Show)), null);
        using Connection connection = Connection.Open(server, client, timeoutMs, new ClientHooks());
        if (!shown.Exists(certificate => certificate.IsAuthority) && AskForAuthority(connection, timeoutMs) is { } authority)
        {
            shown.Add(authority);
        }

        return shown;
    }

    private static ShownCertificate? AskForAuthority(Connection connection, int timeoutMs)
    {
        HelloRequest hello = new() { ProtocolMin = ProtocolLimits.Version, ProtocolMax = ProtocolLimits.Version, Client = "first trust" };
        try
        {
            using ResponseFrame answer = connection.Exchange(new Question(OperationCode.Hello, hello, default, default, default, 0), timeoutMs);
            ByteString authority = HelloResponse.Parser.ParseFrom(answer.Body.Span).Authority;
            return authority.IsEmpty ? null : Read(authority.Span)[0];
        }
        catch (Exception fault) when (fault is ConnectionBrokenException or InvalidProtocolBufferException or FormatException)
        {
            // It shows what it shows; the caller misses the CA and says so.
            return null;
        }
    }

    /// <summary>The certificates of a PEM or DER file.</summary>
    /// <exception cref="FormatException">It has none that can be read.</exception>
    public static IReadOnlyList<ShownCertificate> Read(ReadOnlySpan<byte> file) => [.. ServerTrust.ReadCertificates(file).Select(Show)];

    /// <summary>SHA-256 as upper-case hex with colons.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> der)
    {
        Sha256Digest digest = new();
        byte[] hash = new byte[digest.GetDigestSize()];
        digest.BlockUpdate(der);
        digest.DoFinal(hash, 0);
        return string.Join(':', hash.Select(octet => octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Equal, whatever their case, colons and spaces; an optional "SHA256:" in front is ignored.</summary>
    public static bool SameFingerprint(string left, string right) =>
        string.Equals(Normalise(left), Normalise(right), StringComparison.Ordinal);

    /// <summary>64 hex digits, with colons and spaces anywhere and an optional "SHA256:" in front.</summary>
    public static bool IsFingerprint(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string bare = Bare(text);
        return bare.Length == HashHexDigits && bare.All(char.IsAsciiHexDigit);
    }

    private static string Normalise(string fingerprint) => string.Concat(Bare(fingerprint).Where(char.IsAsciiHexDigit));

    private static string Bare(string fingerprint)
    {
        string text = fingerprint.Trim().ToUpperInvariant();
        foreach (string prefix in (string[])["SHA256:", "SHA-256:"])
        {
            text = text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;
        }

        return text.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
    }

    private static ShownCertificate Show(X509Certificate certificate)
    {
        byte[] der = certificate.GetEncoded();
        return new ShownCertificate(
            der,
            certificate.SubjectDN.ToString(),
            Fingerprint(der),
            certificate.GetBasicConstraints() >= 0,
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
    }
}
