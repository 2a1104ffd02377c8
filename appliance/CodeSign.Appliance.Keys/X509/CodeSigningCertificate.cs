namespace CodeSign.Appliance.Keys.X509;

/// <summary>Self-signed certificates and PKCS#10 requests for code-signing keys, wherever the key lives.</summary>
public static class CodeSigningCertificate
{
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
    /// <exception cref="CodeSign.Cryptoki.FaultException">certificate.subject, certificate.validity.</exception>
    public static Task<byte[]> SelfSignAsync(
        byte[] publicKeyInfo, string subject, DateTimeOffset notBefore, DateTimeOffset notAfter,
        Func<SignatureInput, ValueTask<byte[]>> sign) => throw new NotSupportedException();

    /// <summary>A PKCS#10 certificate request (RFC 2986).</summary>
    /// <param name="publicKeyInfo">SubjectPublicKeyInfo, DER.</param>
    /// <param name="subject">RFC 4514.</param>
    /// <param name="dnsNames">Requested subjectAltName; may be empty.</param>
    /// <param name="sign">Signs with the key; its answer is as <see cref="IKeyBackend.SignAsync"/> gives it.</param>
    /// <returns>DER.</returns>
    /// <exception cref="CodeSign.Cryptoki.FaultException">certificate.subject, certificate.dns_name.</exception>
    public static Task<byte[]> RequestAsync(
        byte[] publicKeyInfo, string subject, IReadOnlyList<string> dnsNames, Func<SignatureInput, ValueTask<byte[]>> sign) =>
        throw new NotSupportedException();
}
