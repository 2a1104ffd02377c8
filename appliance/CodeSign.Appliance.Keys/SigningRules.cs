using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>
/// What may be signed with which mechanism: input lengths and parameters, the same for every backend. It knows no keys.
/// </summary>
internal static class SigningRules
{
    /// <summary>Bytes of padding RSASSA-PKCS1-v1_5 needs at least (RFC 8017 section 9.2 step 3).</summary>
    public const int Pkcs1OverheadBytes = 11;

    /// <summary>
    /// Bytes of raw ECDSA input at most: only the leftmost bits count (FIPS 186-5 section 6.4.1), so more is a message somebody
    /// forgot to hash.
    /// </summary>
    public const int EcdsaInputBytesMax = 1024;

    /// <summary>Bytes of a message signed with a pure scheme at most; the wire's frame limit is what callers meet first.</summary>
    public const int MessageBytesMax = 16 * 1024 * 1024;

    /// <summary>Checks an input and gives the bytes the private-key operation takes: a DigestInfo where the scheme wants one.</summary>
    /// <exception cref="FaultException">As PKCS#11 names it: CKR_KEY_TYPE_INCONSISTENT, CKR_DATA_LEN_RANGE, …</exception>
    public static ReadOnlyMemory<byte> Check(KeyAlgorithm algorithm, in SignatureInput input)
    {
        SignatureMechanism mechanism = input.Mechanism;
        if (mechanism.KeyType != algorithm.KeyType)
        {
            throw new FaultException(
                CKR.CKR_KEY_TYPE_INCONSISTENT, "mechanism.key_type", $"{mechanism.Mechanism} does not work with a {algorithm.Name} key.");
        }

        if (mechanism.WantsPssParameters != input.Pss is not null)
        {
            throw Parameter(mechanism, mechanism.WantsPssParameters
                ? "needs CK_RSA_PKCS_PSS_PARAMS" : "takes no PSS parameters");
        }

        if (input.Context is { } context && (!mechanism.TakesContext || context.Bytes.Length > ParameterSet.ContextBytesMax))
        {
            throw Parameter(mechanism, mechanism.TakesContext ? $"takes a context of at most {ParameterSet.ContextBytesMax} bytes" : "takes no context");
        }

        if (mechanism.HashesFirst)
        {
            CheckDigest(mechanism, mechanism.Hash, input.Data.Length);
        }

        return mechanism.Scheme switch
        {
            SignatureScheme.RsaPkcs1 => Pkcs1(algorithm, input),
            SignatureScheme.RsaRaw => Raw(algorithm, input),
            SignatureScheme.RsaPss => Pss(algorithm, input, input.Pss!),
            SignatureScheme.Ecdsa => Bounded(input, 1, EcdsaInputBytesMax),
            SignatureScheme.Eddsa => Bounded(input, 0, MessageBytesMax),
            SignatureScheme.MlDsa or SignatureScheme.SlhDsa => Bounded(input, 0, MessageBytesMax),
        };
    }

    /// <summary>The leftmost bytes that reach into the order of the curve; longer input adds nothing (FIPS 186-5 section 6.4.1).</summary>
    public static ReadOnlyMemory<byte> TruncateToOrder(KeyAlgorithm algorithm, ReadOnlyMemory<byte> data)
    {
        int orderBytes = (algorithm.Bits + 7) / 8;
        return data.Length <= orderBytes ? data : data[..orderBytes];
    }

    public static FaultException Parameter(SignatureMechanism mechanism, string what) => new(
        CKR.CKR_MECHANISM_PARAM_INVALID, "mechanism.parameter", $"{mechanism.Mechanism} {what}.");

    private static ReadOnlyMemory<byte> Pkcs1(KeyAlgorithm algorithm, in SignatureInput input) => input.Mechanism.HashesFirst
        ? DigestInfo.Encode(input.Mechanism.Hash, input.Data.Span)
        : Bounded(input, 0, (algorithm.Bits / 8) - Pkcs1OverheadBytes);

    // PKCS#11 v3.0 section 2.1.8: shorter input is padded on the left with zeros.
    private static ReadOnlyMemory<byte> Raw(KeyAlgorithm algorithm, in SignatureInput input)
    {
        int modulusBytes = algorithm.Bits / 8;
        ReadOnlyMemory<byte> data = Bounded(input, 1, modulusBytes);
        if (data.Length == modulusBytes)
        {
            return data;
        }

        byte[] padded = new byte[modulusBytes];
        data.CopyTo(padded.AsMemory(modulusBytes - data.Length));
        return padded;
    }

    private static ReadOnlyMemory<byte> Pss(KeyAlgorithm algorithm, in SignatureInput input, PssParameters pss)
    {
        SignatureMechanism mechanism = input.Mechanism;
        if (pss.Hash == HashKind.None || pss.MaskHash == HashKind.None)
        {
            throw Parameter(mechanism, "needs a hash and a mask generation hash");
        }

        if (mechanism.HashesFirst && mechanism.Hash != pss.Hash)
        {
            throw Parameter(mechanism, $"hashes with {mechanism.Hash}, its parameters say {pss.Hash}");
        }

        CheckDigest(mechanism, pss.Hash, input.Data.Length);

        // RFC 8017 section 9.1.1 step 3; emLen is the modulus' length because its bits are a multiple of 8.
        int saltBytesMax = (algorithm.Bits / 8) - DigestMechanism.Of(pss.Hash).DigestBytes - 2;
        return pss.SaltBytes >= 0 && pss.SaltBytes <= saltBytesMax
            ? input.Data
            : throw Parameter(mechanism, $"takes a salt of 0 to {saltBytesMax} bytes with this key and hash");
    }

    private static void CheckDigest(SignatureMechanism mechanism, HashKind hash, int bytes)
    {
        int digestBytes = DigestMechanism.Of(hash).DigestBytes;
        if (bytes != digestBytes)
        {
            throw Length(mechanism, $"takes a digest of {digestBytes} bytes");
        }
    }

    private static ReadOnlyMemory<byte> Bounded(in SignatureInput input, int bytesMin, int bytesMax) =>
        input.Data.Length >= bytesMin && input.Data.Length <= bytesMax
            ? input.Data
            : throw Length(input.Mechanism, $"takes {bytesMin} to {bytesMax} bytes with this key");

    private static FaultException Length(SignatureMechanism mechanism, string what) => new(
        CKR.CKR_DATA_LEN_RANGE, "data.length", $"{mechanism.Mechanism} {what}.");
}
