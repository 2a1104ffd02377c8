namespace CodeSign.Appliance.Keys.X509;

/// <summary>What a certificate tells PKCS#11 applications.</summary>
public sealed record CertificateFacts
{
    /// <summary>CKA_SUBJECT: DER Name.</summary>
    public required byte[] Subject { get; init; }

    /// <summary>CKA_ISSUER: DER Name.</summary>
    public required byte[] Issuer { get; init; }

    /// <summary>CKA_SERIAL_NUMBER: DER INTEGER.</summary>
    public required byte[] SerialNumber { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public required byte[] PublicKeyInfo { get; init; }

    /// <summary>SHA-1 of the public key's bits, as <see cref="PublicKeyFacts.CkaId"/>, for a key of any algorithm.</summary>
    public required byte[] CkaId { get; init; }

    /// <summary>The subject for people, RFC 4514.</summary>
    public required string SubjectText { get; init; }

    public required string IssuerText { get; init; }

    public required bool IsAuthority { get; init; }

    /// <exception cref="CodeSign.Cryptoki.FaultException">certificate.malformed.</exception>
    public static CertificateFacts FromDer(ReadOnlyMemory<byte> certificate) => throw new NotSupportedException();
}
