using System.Numerics;

namespace CodeSign.Appliance.Keys;

/// <summary>Known ways for an RSA key to be weak that its public numbers give away at little cost.</summary>
public static class RsaWeakness
{
    /// <summary>FIPS 186-5 section 5.1: an exponent is odd and above 2^16 …</summary>
    private const int ExponentMin = 65537;

    /// <summary>… and below 2^256.</summary>
    private const int ExponentBitsMax = 256;

    /// <summary>Steps of Fermat's factoring: primes that agree in their upper half fall in the first few.</summary>
    private const int FermatSteps = 100;

    /// <summary>Trial division up to here.</summary>
    private const int SmallFactorMax = 2_000;

    // The primes of the ROCA test (Nemec et al., CCS 2017): the weak library's primes are powers of 65537 modulo each of them.
    private static readonly int[] RocaPrimes = [.. Primes(167).Where(prime => prime > 2)];

    /// <summary>What is wrong with the key, as the end of a sentence, or null.</summary>
    /// <param name="modulus">Unsigned, big-endian.</param>
    /// <param name="exponent">Unsigned, big-endian.</param>
    public static string? Find(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        BigInteger n = new(modulus, isUnsigned: true, isBigEndian: true);
        BigInteger e = new(exponent, isUnsigned: true, isBigEndian: true);
        if (e < ExponentMin || e.IsEven || e.GetBitLength() > ExponentBitsMax)
        {
            return "its public exponent is not an odd number from 65537 to 2^256";
        }

        if (Primes(SmallFactorMax).Any(prime => n % prime == 0))
        {
            return "its modulus has a small factor";
        }

        if (HasClosePrimes(n))
        {
            return "its primes are too close together (Fermat)";
        }

        return HasRocaFingerprint(n)
            ? "it comes from a generator with a known flaw (ROCA, CVE-2017-15361)"
            : null;
    }

    internal static bool HasRocaFingerprint(BigInteger modulus) => RocaPrimes.All(prime =>
    {
        int target = (int)(modulus % prime);
        int power = 1;
        do
        {
            if (power == target)
            {
                return true;
            }

            power = (int)((long)power * 65537 % prime);
        }
        while (power != 1);
        return false;
    });

    private static bool HasClosePrimes(BigInteger modulus)
    {
        BigInteger root = SquareRoot(modulus);
        for (int step = 1; step <= FermatSteps; step++)
        {
            BigInteger middle = root + step;
            BigInteger rest = (middle * middle) - modulus;
            if (MayBeSquare(rest) && BigInteger.Pow(SquareRoot(rest), 2) == rest)
            {
                return true;
            }
        }

        return false;
    }

    // Squares modulo 64 and 63 are few: most numbers are turned away without a root.
    private static bool MayBeSquare(BigInteger number)
    {
        int low = (int)(number % 64);
        int other = (int)(number % 63);
        return Enumerable.Range(0, 64).Any(x => x * x % 64 == low) && Enumerable.Range(0, 63).Any(x => x * x % 63 == other);
    }

    // Newton from above: falls until it doesn't.
    private static BigInteger SquareRoot(BigInteger number)
    {
        if (number.IsZero)
        {
            return number;
        }

        BigInteger guess = BigInteger.One << (int)((number.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (guess + (number / guess)) >> 1;
            if (next >= guess)
            {
                return guess;
            }

            guess = next;
        }
    }

    private static IEnumerable<int> Primes(int max) =>
        Enumerable.Range(2, max - 1).Where(n => Enumerable.Range(2, (int)Math.Sqrt(n) - 1).All(d => n % d != 0));
}
