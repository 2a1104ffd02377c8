using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>What a public key tells PKCS#11 applications.</summary>
public sealed record PublicKeyFacts
{
    public required KeyAlgorithm Algorithm { get; init; }

    /// <summary>CKA_MODULUS: unsigned, big-endian; null but for RSA.</summary>
    public byte[]? Modulus { get; init; }

    /// <summary>CKA_PUBLIC_EXPONENT: unsigned, big-endian; null but for RSA.</summary>
    public byte[]? PublicExponent { get; init; }

    /// <summary>CKA_EC_PARAMS: DER of the curve's OBJECT IDENTIFIER; null for RSA.</summary>
    public byte[]? EcParameters { get; init; }

    /// <summary>CKA_EC_POINT: DER OCTET STRING around the point (04‖x‖y, or RFC 8032's bytes); null for RSA.</summary>
    public byte[]? EcPoint { get; init; }

    /// <summary>
    /// CKA_ID: SHA-1 of the subjectPublicKey BIT STRING's content, without tag, length and unused bits: the subject key
    /// identifier of RFC 5280 section 4.2.1.2 method (1), which is what certificates carry and p11tool and Java tools expect.
    /// </summary>
    public required byte[] CkaId { get; init; }

    /// <param name="publicKeyInfo">SubjectPublicKeyInfo, DER.</param>
    /// <exception cref="FaultException">key.unsupported: not a key of any row of <see cref="KeyAlgorithm"/>.</exception>
    public static PublicKeyFacts FromSpki(ReadOnlyMemory<byte> publicKeyInfo) => throw new NotSupportedException();
}
