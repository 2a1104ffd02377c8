using CodeSign.Cryptoki;
using CodeSign.P11.Objects;
using Org.BouncyCastle.Asn1;

namespace CodeSign.P11.Signing;

/// <summary>What of a key decides sizes, read from its attributes.</summary>
/// <param name="Bits">As <see cref="KeyAlgorithm.Bits"/>.</param>
/// <param name="SignatureBytes">Bytes of a signature as PKCS#11 gives it out.</param>
/// <param name="CurveOid">Dotted OID, null where the key has no curve.</param>
internal sealed record KeyFacts(int Bits, int SignatureBytes, string? CurveOid)
{
    /// <summary>Its parameter set, null where the key has none.</summary>
    public ParameterSet? Parameters { get; init; }

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

        if (key.KeyType is CKK.CKK_ML_DSA or CKK.CKK_SLH_DSA)
        {
            KeyAlgorithm? named = KeyAlgorithm.All.FirstOrDefault(
                row => row.KeyType == key.KeyType && row.Parameters!.Number == key.Number(CKA.CKA_PARAMETER_SET));
            return named is null ? null : new KeyFacts(named.Bits, named.SignatureBytes, null) { Parameters = named.Parameters };
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
