namespace CodeSign.Client;

/// <summary>A certificate as a server showed it.</summary>
/// <param name="Der">The certificate.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Fingerprint">SHA-256 of its DER, upper-case hex with colons.</param>
/// <param name="IsAuthority">basicConstraints says CA.</param>
/// <param name="NotAfter">UTC.</param>
public sealed record ShownCertificate(ReadOnlyMemory<byte> Der, string Subject, string Fingerprint, bool IsAuthority, DateTimeOffset NotAfter);
