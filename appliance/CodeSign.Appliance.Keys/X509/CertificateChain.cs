namespace CodeSign.Appliance.Keys.X509;

/// <summary>The chain a certification authority issued for one of our keys.</summary>
public static class CertificateChain
{
    /// <summary>Certificates in a chain.</summary>
    public const int CertificatesMax = 10;

    /// <summary>Bytes of one certificate.</summary>
    public const int CertificateBytesMax = 16 * 1024;

    /// <summary>Orders and verifies certificates: the leaf holds our key, each is signed by the next.</summary>
    /// <param name="publicKeyInfo">Ours: SubjectPublicKeyInfo, DER.</param>
    /// <param name="certificates">DER, in any order; copies are dropped.</param>
    /// <returns>DER, leaf first.</returns>
    /// <exception cref="CodeSign.Cryptoki.FaultException">certificate.*: one sentence on what is wrong.</exception>
    public static IReadOnlyList<byte[]> Import(byte[] publicKeyInfo, IReadOnlyList<byte[]> certificates) => throw new NotSupportedException();

    /// <summary>Takes certificates out of a file: PEM (any text around), DER, or a PKCS#7 bundle in either.</summary>
    public static IReadOnlyList<byte[]> Parse(ReadOnlySpan<byte> file) => throw new NotSupportedException();
}
