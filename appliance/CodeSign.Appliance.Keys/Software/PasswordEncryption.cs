using System.Formats.Asn1;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// What password-based encryption (RFC 8018, RFC 7292 appendix C) asks of us, read before any of it is done: the cost stands in
/// the file, and whoever made the file may not be a friend.
/// </summary>
internal static class PasswordEncryption
{
    /// <summary>Iterations of PBKDF2 or PKCS#12's derivation: two seconds or so.</summary>
    public const int IterationsMax = 5_000_000;

    /// <summary>scrypt's N·r: 128 times as many bytes of memory, 32 MiB, which is libcrypto's own limit.</summary>
    public const int ScryptCostMax = 256 * 1024;

    /// <summary>scrypt's p.</summary>
    public const int ScryptParallelMax = 16;

    public const string Pkcs12Pbe = "1.2.840.113549.1.12.1.";
    private const string Pbes2 = "1.2.840.113549.1.5.13";
    private const string Pbkdf2 = "1.2.840.113549.1.5.12";
    private const string Scrypt = "1.3.6.1.4.1.11591.4.11";

    // RFC 8018 appendix B.2 and NIST's AES arcs: what libcrypto's default provider decrypts.
    private static readonly HashSet<string> Ciphers = new(StringComparer.Ordinal)
    {
        "1.2.840.113549.3.7", "2.16.840.1.101.3.4.1.2", "2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.42",
    };

    /// <summary>Tells PrivateKeyInfo (begins with a version) from EncryptedPrivateKeyInfo (begins with an algorithm).</summary>
    public static PrivateKeyForm Classify(ReadOnlySpan<byte> der)
    {
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.BER, out int offset, out int length, out int consumed);
            if (consumed != der.Length || length == 0)
            {
                return PrivateKeyForm.Neither;
            }

            Asn1Tag first = Asn1Tag.Decode(der[offset..], out _);
            return first == Asn1Tag.Integer ? PrivateKeyForm.Plain
                : first == Asn1Tag.Sequence ? PrivateKeyForm.Encrypted
                : PrivateKeyForm.Neither;
        }
        catch (AsnContentException)
        {
            return PrivateKeyForm.Neither;
        }
    }

    /// <summary>Checks the algorithm of an EncryptedPrivateKeyInfo, none of which is secret.</summary>
    public static void CheckKeyEncryption(ReadOnlySpan<byte> der)
    {
        byte[] algorithm;
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.BER, out int offset, out int length, out _);
            ReadOnlySpan<byte> content = der.Slice(offset, length);
            AsnDecoder.ReadSequence(content, AsnEncodingRules.BER, out _, out _, out int consumed);
            algorithm = content[..consumed].ToArray();
        }
        catch (AsnContentException)
        {
            throw Malformed();
        }

        string oid = CheckCost(algorithm);
        if (oid.StartsWith(Pkcs12Pbe, StringComparison.Ordinal) && oid[Pkcs12Pbe.Length..] is not ("3" or "4"))
        {
            throw Unsupported("RC2 or RC4");
        }
    }

    /// <summary>Checks the cost of an AlgorithmIdentifier, DER, and gives its OID.</summary>
    public static string CheckCost(byte[] algorithm)
    {
        try
        {
            AsnReader identifier = new AsnReader(algorithm, AsnEncodingRules.BER).ReadSequence();
            string oid = identifier.ReadObjectIdentifier();
            if (string.Equals(oid, Pbes2, StringComparison.Ordinal))
            {
                CheckPbes2(identifier.ReadSequence());
            }
            else if (oid.StartsWith(Pkcs12Pbe, StringComparison.Ordinal))
            {
                AsnReader parameters = identifier.ReadSequence();
                _ = parameters.ReadOctetString();
                CheckIterations(parameters);
            }
            else
            {
                throw Unsupported(oid);
            }

            return oid;
        }
        catch (AsnContentException)
        {
            throw Malformed();
        }
    }

    /// <exception cref="FaultException">key.import.iterations.</exception>
    public static void CheckIterations(long iterations)
    {
        if (iterations is < 1 or > IterationsMax)
        {
            throw KeyImport.Fault(
                CKR.CKR_MECHANISM_PARAM_INVALID, "iterations", $"The file wants a key derivation of more than {IterationsMax} iterations.");
        }
    }

    private static void CheckPbes2(AsnReader parameters)
    {
        AsnReader derivation = parameters.ReadSequence();
        string kdf = derivation.ReadObjectIdentifier();
        AsnReader cost = derivation.ReadSequence();
        switch (kdf)
        {
            case Pbkdf2:
                _ = cost.ReadOctetString();
                CheckIterations(cost);
                break;
            case Scrypt:
                _ = cost.ReadOctetString();
                if (!cost.TryReadInt64(out long n) || !cost.TryReadInt64(out long r) || !cost.TryReadInt64(out long p)
                    || n is < 1 or > ScryptCostMax || r is < 1 or > ScryptCostMax || n * r > ScryptCostMax || p is < 1 or > ScryptParallelMax)
                {
                    throw KeyImport.Fault(
                        CKR.CKR_MECHANISM_PARAM_INVALID, "iterations", "The file wants a key derivation (scrypt) of more than 32 MiB.");
                }

                break;
            default:
                throw Unsupported(kdf);
        }

        string cipher = parameters.ReadSequence().ReadObjectIdentifier();
        if (!Ciphers.Contains(cipher))
        {
            throw Unsupported(cipher);
        }
    }

    private static void CheckIterations(AsnReader reader) =>
        CheckIterations(reader.TryReadInt64(out long iterations) ? iterations : long.MaxValue);

    private static FaultException Malformed() => KeyImport.Fault(
        CKR.CKR_DATA_INVALID, "malformed", "The encrypted private key can't be read.");

    private static FaultException Unsupported(string algorithm) => KeyImport.Fault(
        CKR.CKR_MECHANISM_INVALID, "unsupported",
        $"The file is encrypted with {algorithm}, which is not supported; export it again with AES.");
}

internal enum PrivateKeyForm
{
    Neither,
    Plain,
    Encrypted,
}
