using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;

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

    /// <summary>basicConstraints says CA:TRUE.</summary>
    public required bool IsAuthority { get; init; }

    /// <exception cref="FaultException">certificate.malformed.</exception>
    public static CertificateFacts FromDer(ReadOnlyMemory<byte> certificate) => FromParsed(Parse(certificate));

    /// <exception cref="FaultException">certificate.malformed.</exception>
    internal static X509CertificateStructure Parse(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return X509CertificateStructure.GetInstance(Asn1Object.FromByteArray(certificate.ToArray())) ?? throw Malformed();
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw Malformed();
        }
    }

    /// <summary>What BouncyCastle throws at bytes that are not what they should be.</summary>
    internal static bool IsMalformed(Exception thrown) => thrown is IOException or ArgumentException or InvalidCastException
        or InvalidOperationException or FormatException or ArithmeticException or IndexOutOfRangeException
        or GeneralSecurityException or SecurityUtilityException or CryptoException or CmsException;

    internal static FaultException Malformed() => new(
        CKR.CKR_DATA_INVALID, "certificate.malformed", "This is not an X.509 certificate, or it is damaged.");

    private static CertificateFacts FromParsed(X509CertificateStructure parsed)
    {
        try
        {
            TbsCertificateStructure content = parsed.TbsCertificate;
            BasicConstraints? constraints = content.Extensions is { } extensions
                ? BasicConstraints.FromExtensions(extensions) : null;
            return new CertificateFacts
            {
                Subject = content.Subject.GetDerEncoded(),
                Issuer = content.Issuer.GetDerEncoded(),
                SerialNumber = content.SerialNumber.GetDerEncoded(),
                NotBefore = new DateTimeOffset(content.StartDate.ToDateTime().ToUniversalTime()),
                NotAfter = new DateTimeOffset(content.EndDate.ToDateTime().ToUniversalTime()),
                PublicKeyInfo = content.SubjectPublicKeyInfo.GetDerEncoded(),
                CkaId = PublicKeyFacts.IdOf(content.SubjectPublicKeyInfo.PublicKey.GetBytes()),
                SubjectText = content.Subject.ToString(),
                IssuerText = content.Issuer.ToString(),
                IsAuthority = constraints?.IsCA() ?? false,
            };
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw Malformed();
        }
    }
}
