using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using Org.BouncyCastle.Asn1;

namespace CodeSign.P11.Signing;

/// <summary>What of a key decides sizes, read from its attributes.</summary>
/// <param name="Bits">Modulus bits, or the curve's.</param>
/// <param name="SignatureBytes">Bytes of a signature as PKCS#11 gives it out.</param>
/// <param name="CurveOid">Dotted OID, null for RSA.</param>
internal sealed record KeyFacts(int Bits, int SignatureBytes, string? CurveOid)
{
    /// <summary>Null where the key is of a kind that nothing here signs with.</summary>
    public static KeyFacts? Of(TokenObject key)
    {
        if (key.KeyType == CKK.CKK_RSA)
        {
            if (key.Value(CKA.CKA_MODULUS) is not { Length: > 0 } modulus)
            {
                return null;
            }

            int bits = new Org.BouncyCastle.Math.BigInteger(1, modulus).BitLength;
            return new KeyFacts(bits, (bits + 7) / 8, null);
        }

        if (key.Value(CKA.CKA_EC_PARAMS) is not { } parameters || ReadOid(parameters) is not { } oid)
        {
            return null;
        }

        KeyAlgorithm? algorithm = KeyAlgorithm.All.FirstOrDefault(
            row => row.KeyType == key.KeyType && string.Equals(row.CurveOid, oid, StringComparison.Ordinal));
        return algorithm is null ? null : new KeyFacts(algorithm.Bits, algorithm.SignatureBytes, oid);
    }

    private static string? ReadOid(byte[] parameters)
    {
        try
        {
            return Asn1Object.FromByteArray(parameters) is DerObjectIdentifier oid ? oid.Id : null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
