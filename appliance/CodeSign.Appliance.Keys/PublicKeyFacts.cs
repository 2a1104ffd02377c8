using System.Formats.Asn1;
using CodeSign.Cryptoki;
using Org.BouncyCastle.Crypto.Digests;

namespace CodeSign.Appliance.Keys;

/// <summary>What a public key tells PKCS#11 applications.</summary>
public sealed record PublicKeyFacts
{
    // RFC 3279 sections 2.3.1 and 2.3.5.
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    public required KeyAlgorithm Algorithm { get; init; }

    /// <summary>CKA_MODULUS: unsigned, big-endian; null but for RSA.</summary>
    public byte[]? Modulus { get; init; }

    /// <summary>CKA_PUBLIC_EXPONENT: unsigned, big-endian; null but for RSA.</summary>
    public byte[]? PublicExponent { get; init; }

    /// <summary>CKA_EC_PARAMS: DER of the curve's OBJECT IDENTIFIER; null for RSA.</summary>
    public byte[]? EcParameters { get; init; }

    /// <summary>CKA_EC_POINT: DER OCTET STRING around the point (04‖x‖y, or the bytes of RFC 8032 and RFC 7748); null for RSA.</summary>
    public byte[]? EcPoint { get; init; }

    /// <summary>CKA_VALUE of the public key; null but for keys with a parameter set.</summary>
    public byte[]? Value { get; init; }

    /// <summary>
    /// CKA_ID: SHA-1 of the subjectPublicKey BIT STRING's content, without tag, length and unused bits: the subject key
    /// identifier of RFC 5280 section 4.2.1.2 method (1), which is what certificates carry and p11tool and Java tools expect.
    /// </summary>
    public required byte[] CkaId { get; init; }

    /// <param name="publicKeyInfo">SubjectPublicKeyInfo, DER.</param>
    /// <exception cref="FaultException">key.unsupported: not a key of any row of <see cref="KeyAlgorithm"/>.</exception>
    public static PublicKeyFacts FromSpki(ReadOnlyMemory<byte> publicKeyInfo)
    {
        try
        {
            AsnReader outer = new(publicKeyInfo, AsnEncodingRules.DER);
            AsnReader info = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            AsnReader algorithm = info.ReadSequence();
            string oid = algorithm.ReadObjectIdentifier();
            byte[] key = info.ReadBitString(out int unused);
            info.ThrowIfNotEmpty();
            if (unused != 0)
            {
                throw Malformed();
            }

            return oid switch
            {
                RsaEncryption => Rsa(key),
                EcPublicKey => Curve(algorithm, key),
                _ => NamedByKind(oid, key),
            };
        }
        catch (AsnContentException)
        {
            throw Malformed();
        }
    }

    /// <summary>SubjectPublicKeyInfo of an RSA key from CKA_MODULUS and CKA_PUBLIC_EXPONENT.</summary>
    public static byte[] RsaPublicKeyInfo(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        AsnWriter key = new(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteIntegerUnsigned(modulus.TrimStart((byte)0));
            key.WriteIntegerUnsigned(exponent.TrimStart((byte)0));
        }

        return PublicKeyInfo(key.Encode(), algorithm =>
        {
            algorithm.WriteObjectIdentifier(RsaEncryption);
            algorithm.WriteNull();
        });
    }

    /// <summary>SubjectPublicKeyInfo of a curve's key from CKA_EC_PARAMS and the bare point.</summary>
    internal static byte[] EcPublicKeyInfo(byte[] parameters, ReadOnlySpan<byte> point) => PublicKeyInfo(point, algorithm =>
    {
        algorithm.WriteObjectIdentifier(EcPublicKey);
        algorithm.WriteEncodedValue(parameters);
    });

    /// <summary>SubjectPublicKeyInfo of a key on one of our curves from the bare point (RFC 5480; RFC 8410 for Edwards and Montgomery keys).</summary>
    internal static byte[] CurvePublicKeyInfo(KeyAlgorithm curve, ReadOnlySpan<byte> point) => PublicKeyInfo(point, algorithm =>
    {
        if (curve.KeyType == CKK.CKK_EC)
        {
            algorithm.WriteObjectIdentifier(EcPublicKey);
        }

        algorithm.WriteObjectIdentifier(curve.CurveOid!);
    });

    /// <summary>SubjectPublicKeyInfo of a key with a parameter set (RFC 9881 section 4, RFC 9909 section 4).</summary>
    internal static byte[] ParameterSetPublicKeyInfo(ParameterSet parameters, ReadOnlySpan<byte> value) =>
        PublicKeyInfo(value, algorithm => algorithm.WriteObjectIdentifier(parameters.Oid));

    /// <summary>SHA-1 of a BIT STRING's content; identifies, protects nothing.</summary>
    internal static byte[] IdOf(ReadOnlySpan<byte> subjectPublicKey)
    {
        Sha1Digest digest = new();
        digest.BlockUpdate(subjectPublicKey);
        byte[] id = new byte[digest.GetDigestSize()];
        digest.DoFinal(id);
        return id;
    }

    private static byte[] PublicKeyInfo(ReadOnlySpan<byte> subjectPublicKey, Action<AsnWriter> writeAlgorithm)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writeAlgorithm(writer);
            }

            writer.WriteBitString(subjectPublicKey);
        }

        return writer.Encode();
    }

    private static PublicKeyFacts Rsa(byte[] key)
    {
        AsnReader outer = new(key, AsnEncodingRules.DER);
        AsnReader numbers = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        byte[] modulus = Unsigned(numbers.ReadIntegerBytes().Span);
        byte[] exponent = Unsigned(numbers.ReadIntegerBytes().Span);
        numbers.ThrowIfNotEmpty();
        int bits = (modulus.Length * 8) - int.LeadingZeroCount(modulus[0]) + 24;
        return new PublicKeyFacts
        {
            Algorithm = KeyAlgorithm.All.FirstOrDefault(row => row.KeyType == CKK.CKK_RSA && row.Bits == bits)
                ?? throw Unsupported($"RSA keys have 2048, 3072 or 4096 bits here, this one has {bits}."),
            Modulus = modulus,
            PublicExponent = exponent,
            CkaId = IdOf(key),
        };
    }

    private static PublicKeyFacts Curve(AsnReader algorithm, byte[] key)
    {
        if (algorithm.PeekTag() != Asn1Tag.ObjectIdentifier)
        {
            throw Unsupported("The key spells its curve out instead of naming it; only named curves are taken.");
        }

        byte[] parameters = algorithm.PeekEncodedValue().ToArray();
        string oid = algorithm.ReadObjectIdentifier();
        KeyAlgorithm row = KeyAlgorithm.All.FirstOrDefault(row => row.KeyType == CKK.CKK_EC && HasCurve(row, oid))
            ?? throw Unsupported($"Curve {oid} is not supported; p256, p384, p521, secp256k1 and the brainpool curves (r1) are.");
        if (key.Length != row.PointBytes || key[0] != 4)
        {
            throw Unsupported("The key's point is not in uncompressed form.");
        }

        return new PublicKeyFacts { Algorithm = row, EcParameters = parameters, EcPoint = OctetString(key), CkaId = IdOf(key) };
    }

    // Edwards and Montgomery keys name their curve where others name their kind (RFC 8410).
    private static PublicKeyFacts NamedByKind(string oid, byte[] key)
    {
        if (KeyAlgorithm.All.FirstOrDefault(row => string.Equals(row.Parameters?.Oid, oid, StringComparison.Ordinal)) is { } algorithm)
        {
            return key.Length == algorithm.Parameters!.PublicKeyBytes
                ? new PublicKeyFacts { Algorithm = algorithm, Value = key, CkaId = IdOf(key) }
                : throw Malformed();
        }

        KeyAlgorithm row = KeyAlgorithm.All.FirstOrDefault(row => row.KeyType is CKK.CKK_EC_EDWARDS or CKK.CKK_EC_MONTGOMERY && HasCurve(row, oid))
            ?? throw Unsupported($"Keys of algorithm {oid} are not supported.");
        if (key.Length != row.PointBytes)
        {
            throw Malformed();
        }

        AsnWriter parameters = new(AsnEncodingRules.DER);
        parameters.WriteObjectIdentifier(oid);
        return new PublicKeyFacts
        {
            Algorithm = row,
            EcParameters = parameters.Encode(),
            EcPoint = OctetString(key),
            CkaId = IdOf(key),
        };
    }

    private static bool HasCurve(KeyAlgorithm row, string oid) => string.Equals(row.CurveOid, oid, StringComparison.Ordinal);

    private static byte[] Unsigned(ReadOnlySpan<byte> integer)
    {
        ReadOnlySpan<byte> trimmed = integer.TrimStart((byte)0);
        return trimmed.IsEmpty || integer[0] >= 0x80 ? throw Malformed() : trimmed.ToArray();
    }

    private static byte[] OctetString(byte[] content)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        writer.WriteOctetString(content);
        return writer.Encode();
    }

    private static FaultException Malformed() => new(CKR.CKR_DATA_INVALID, "key.malformed", "The public key can't be read.");

    private static FaultException Unsupported(string message) => new(CKR.CKR_KEY_SIZE_RANGE, "key.unsupported", message);
}
