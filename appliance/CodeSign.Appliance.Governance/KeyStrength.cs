using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Governance;

/// <summary>
/// Bits of strength, by NIST SP 800-57 part 1, table 2: a key doesn't leave under a weaker one, or breaking that would be the way to it.
/// </summary>
public static class KeyStrength
{
    /// <summary>No key is counted for more.</summary>
    public const int Most = 256;

    /// <summary>An RSA key of so many bits of strength carries keys of any: none of its kind is as strong as AES-256.</summary>
    private const int EnoughOfRsa = 128;

    /// <summary>Of a secret key.</summary>
    public static int OfSecret(int bytes) => (int)Math.Min((long)bytes * 8, Most);

    /// <summary>Of a key pair.</summary>
    public static int Of(KeyAlgorithm algorithm)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        return algorithm.KeyType switch
        {
            CKK.CKK_RSA => algorithm.Bits switch
            {
                < 2048 => 80,
                < 3072 => 112,
                < 4096 => 128,
                _ => 152,
            },
            // FIPS 204 table 1, FIPS 205 table 2: the categories of ML-DSA-44, -65, -87, and n of SLH-DSA.
            CKK.CKK_ML_DSA => algorithm.Bits < 1952 ? 128 : algorithm.Bits < 2592 ? 192 : Most,
            CKK.CKK_SLH_DSA => algorithm.Bits * 4,
            _ => Math.Min(algorithm.Bits == 255 ? 128 : algorithm.Bits / 2, Most),
        };
    }

    /// <summary>How strong a key may be that leaves under an RSA key of this strength.</summary>
    public static int CarriedByRsa(int strength) => strength >= EnoughOfRsa ? Most : strength;
}
