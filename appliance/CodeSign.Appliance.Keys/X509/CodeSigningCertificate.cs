using System.Security.Cryptography;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Math;

namespace CodeSign.Appliance.Keys.X509;

/// <summary>Self-signed certificates and PKCS#10 requests for code-signing keys, wherever the key lives.</summary>
public static class CodeSigningCertificate
{
    /// <summary>Names in one request.</summary>
    public const int DnsNamesMax = 32;

    /// <summary>RFC 1035 section 2.3.4.</summary>
    public const int DnsNameCharactersMax = 253;

    /// <summary>RFC 5280 section 4.1.2.2: up to 20 octets; 16 random ones are past guessing.</summary>
    private const int SerialNumberBytes = 16;

    /// <summary>
    /// A self-signed certificate: keyUsage digitalSignature (critical), extended key usage codeSigning, CA:FALSE, subject key
    /// identifier, random 128-bit serial number.
    /// </summary>
    /// <param name="publicKeyInfo">SubjectPublicKeyInfo, DER.</param>
    /// <param name="subject">RFC 4514, such as <c>CN=Example,O=Example Ltd</c>.</param>
    /// <param name="notBefore">Whole seconds are kept.</param>
    /// <param name="notAfter">Whole seconds are kept.</param>
    /// <param name="sign">Signs with the key; its answer is as <see cref="IKeyBackend.SignAsync"/> gives it.</param>
    /// <returns>DER.</returns>
    /// <exception cref="FaultException">certificate.subject, certificate.validity.</exception>
    public static async Task<byte[]> SelfSignAsync(
        byte[] publicKeyInfo, string subject, DateTimeOffset notBefore, DateTimeOffset notAfter,
        Func<SignatureInput, ValueTask<byte[]>> sign)
    {
        if (notAfter <= notBefore)
        {
            throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.validity", "A certificate ends after it begins.");
        }

        PublicKeyFacts facts = PublicKeyFacts.FromSpki(publicKeyInfo);
        CertificateSignature signature = CertificateSignature.Of(facts.Algorithm);
        X509Name name = DistinguishedName.Parse(subject);
        V3TbsCertificateGenerator generator = new();
        generator.SetSerialNumber(new DerInteger(RandomSerialNumber()));
        generator.SetSignature(signature.Identifier);
        generator.SetIssuer(name);
        generator.SetSubject(name);
        generator.SetStartDate(new Time(notBefore.UtcDateTime));
        generator.SetEndDate(new Time(notAfter.UtcDateTime));
        generator.SetSubjectPublicKeyInfo(SubjectPublicKeyInfo.GetInstance(publicKeyInfo));
        X509ExtensionsGenerator extensions = new();
        extensions.AddExtension(X509Extensions.BasicConstraints, critical: true, new BasicConstraints(cA: false));
        AddUsages(extensions);
        extensions.AddExtension(X509Extensions.SubjectKeyIdentifier, critical: false, new SubjectKeyIdentifier(facts.CkaId));
        generator.SetExtensions(extensions.Generate());

        TbsCertificateStructure content = generator.GenerateTbsCertificate();
        DerBitString bits = await signature.SignAsync(facts.Algorithm, content, sign);
        return new X509CertificateStructure(content, signature.Identifier, bits).GetDerEncoded();
    }

    /// <summary>A PKCS#10 certificate request (RFC 2986) that asks for code-signing usage.</summary>
    /// <param name="publicKeyInfo">SubjectPublicKeyInfo, DER.</param>
    /// <param name="subject">RFC 4514.</param>
    /// <param name="dnsNames">Requested subjectAltName; may be empty.</param>
    /// <param name="sign">Signs with the key; its answer is as <see cref="IKeyBackend.SignAsync"/> gives it.</param>
    /// <returns>DER.</returns>
    /// <exception cref="FaultException">certificate.subject, certificate.dns_name.</exception>
    public static async Task<byte[]> RequestAsync(
        byte[] publicKeyInfo, string subject, IReadOnlyList<string> dnsNames, Func<SignatureInput, ValueTask<byte[]>> sign)
    {
        PublicKeyFacts facts = PublicKeyFacts.FromSpki(publicKeyInfo);
        CertificateSignature signature = CertificateSignature.Of(facts.Algorithm);
        X509ExtensionsGenerator extensions = new();
        AddUsages(extensions);
        if (dnsNames.Count > 0)
        {
            CheckDnsNames(dnsNames);
            extensions.AddExtension(
                X509Extensions.SubjectAlternativeName, critical: false,
                new GeneralNames([.. dnsNames.Select(name => new GeneralName(GeneralName.DnsName, name))]));
        }

        AttributePkcs request = new(PkcsObjectIdentifiers.Pkcs9AtExtensionRequest, new DerSet(extensions.Generate()));
        CertificationRequestInfo content = new(
            DistinguishedName.Parse(subject), SubjectPublicKeyInfo.GetInstance(publicKeyInfo), new DerSet(request));
        DerBitString bits = await signature.SignAsync(facts.Algorithm, content, sign);
        return new CertificationRequest(content, signature.Identifier, bits).GetDerEncoded();
    }

    private static void AddUsages(X509ExtensionsGenerator extensions)
    {
        extensions.AddExtension(X509Extensions.KeyUsage, critical: true, new KeyUsage(KeyUsage.DigitalSignature));
        extensions.AddExtension(
            X509Extensions.ExtendedKeyUsage, critical: false, new ExtendedKeyUsage(KeyPurposeID.id_kp_codeSigning));
    }

    private static BigInteger RandomSerialNumber()
    {
        byte[] random = RandomNumberGenerator.GetBytes(SerialNumberBytes);

        // Never 0, never shorter than the rest.
        random[0] |= 0x80;
        return new BigInteger(1, random);
    }

    private static void CheckDnsNames(IReadOnlyList<string> names)
    {
        if (names.Count > DnsNamesMax)
        {
            throw new FaultException(
                CKR.CKR_ARGUMENTS_BAD, "certificate.dns_name", $"A request has at most {DnsNamesMax} DNS names.");
        }

        foreach (string name in names)
        {
            bool right = name.Length is > 0 and <= DnsNameCharactersMax && name.Split('.').All(label =>
                label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '*'));
            if (!right)
            {
                throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "certificate.dns_name", "A DNS name is written like build.example.com.");
            }
        }
    }
}
