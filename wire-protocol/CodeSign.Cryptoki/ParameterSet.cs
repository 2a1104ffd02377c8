using System.Buffers.Binary;
using System.Globalization;

namespace CodeSign.Cryptoki;

/// <summary>
/// One row per named set of parameters of the post-quantum signatures (FIPS 204 table 1 and 2, FIPS 205 table 2): what takes the place
/// of a curve.
/// </summary>
/// <param name="Number">CKA_PARAMETER_SET: CKP_….</param>
/// <param name="Oid">Dotted OID of key and signature alike (RFC 9881 section 2, RFC 9909 section 3).</param>
/// <param name="PublicKeyBytes">Bytes of a public key, CKA_VALUE.</param>
/// <param name="PrivateKeyBytes">Bytes of a private key, CKA_VALUE.</param>
/// <param name="SignatureBytes">Bytes of a signature.</param>
public sealed record ParameterSet(ulong Number, string Oid, int PublicKeyBytes, int PrivateKeyBytes, int SignatureBytes)
{
    /// <summary>Bytes of an ML-DSA seed, CKA_SEED (FIPS 204 section 5.1).</summary>
    public const int SeedBytes = 32;

    /// <summary>Bytes of the context of a signature at most (FIPS 204 section 5.2, FIPS 205 section 10.2).</summary>
    public const int ContextBytesMax = 255;

    /// <summary>The row of CKA_PARAMETER_SET, 8 bytes big-endian.</summary>
    /// <exception cref="FaultException">CKR_PARAMETER_SET_NOT_SUPPORTED.</exception>
    public static KeyAlgorithm Read(CKK keyType, ReadOnlySpan<byte> number)
    {
        ulong wanted = number.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(number) : 0;
        return KeyAlgorithm.All.FirstOrDefault(row => row.KeyType == keyType && row.Parameters?.Number == wanted)
            ?? throw new FaultException(
                CKR.CKR_PARAMETER_SET_NOT_SUPPORTED, "key.parameter_set", $"There are no {keyType} keys with parameter set {wanted} here (CKA_PARAMETER_SET).");
    }

    internal static KeyAlgorithm MlDsa(string name, ulong number, int arc, int publicKeyBytes, int privateKeyBytes, int signatureBytes) =>
        Row(name, CKK.CKK_ML_DSA, new ParameterSet(number, Nist(arc), publicKeyBytes, privateKeyBytes, signatureBytes));

    // FIPS 205 section 9.1: a public key is two numbers of n bytes, a private one four.
    internal static KeyAlgorithm SlhDsa(string name, ulong number, int arc, int n, int signatureBytes) =>
        Row(name, CKK.CKK_SLH_DSA, new ParameterSet(number, Nist(arc), 2 * n, 4 * n, signatureBytes));

    private static KeyAlgorithm Row(string name, CKK keyType, ParameterSet set) => new(name, keyType, set.PublicKeyBytes, CurveOid: null) { Parameters = set };

    // NIST's arc of signature algorithms.
    private static string Nist(int arc) => "2.16.840.1.101.3.4.3." + arc.ToString(CultureInfo.InvariantCulture);
}
