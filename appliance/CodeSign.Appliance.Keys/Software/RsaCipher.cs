using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using static CodeSign.Appliance.Keys.Software.Libcrypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>RSA encryption by libcrypto: PKCS#1 v1.5, OAEP, and OAEP around an AES key of one use.</summary>
internal static unsafe class RsaCipher
{
    private const int Pkcs1OverheadBytes = 11;

    private delegate int Work(nint context, byte* output, ref nuint outputBytes, byte* input, nuint inputBytes);

    public static SecretBytes Encipher(CipherScheme scheme, ReadOnlySpan<byte> publicKeyInfo, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        fixed (byte* start = publicKeyInfo)
        {
            byte* position = start;
            nint key = d2i_PUBKEY(0, ref position, publicKeyInfo.Length);
            try
            {
                PrivateKey.Demand(key != 0);
                return scheme == CipherScheme.RsaAesKeyWrap
                    ? EncipherThroughAes(key, parameters, plain)
                    : EncipherOnce(scheme, key, parameters, plain);
            }
            finally
            {
                EVP_PKEY_free(key);
            }
        }
    }

    public static SecretBytes Decipher(CipherScheme scheme, ReadOnlySpan<byte> pkcs8, CipherParameters parameters, ReadOnlySpan<byte> enciphered)
    {
        using PrivateKey key = PrivateKey.FromPkcs8(pkcs8) ?? throw new InvalidOperationException("A stored private key can't be read.");
        int modulusBytes = EVP_PKEY_get_size(key.Handle);
        if (scheme != CipherScheme.RsaAesKeyWrap)
        {
            return DecipherOnce(scheme, key.Handle, parameters, enciphered, modulusBytes);
        }

        if (enciphered.Length <= modulusBytes)
        {
            throw KeyCipher.EncipheredLength(enciphered.Length);
        }

        using SecretBytes passing = DecipherOnce(CipherScheme.RsaOaep, key.Handle, parameters, enciphered[..modulusBytes], modulusBytes);
        return passing.Length is 16 or 24 or 32
            ? AesCipher.Decipher(CipherScheme.AesKeyWrapPadded, passing.Span, new CipherParameters(), enciphered[modulusBytes..])
            : throw KeyCipher.Invalid();
    }

    private static SecretBytes EncipherThroughAes(nint key, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        if (parameters.AesKeyBytes is not (16 or 24 or 32))
        {
            throw KeyCipher.Parameters($"an AES key of {parameters.AesKeyBytes * 8} bits");
        }

        using SecretBytes passing = SecretBytes.Random(parameters.AesKeyBytes);
        using SecretBytes head = EncipherOnce(CipherScheme.RsaOaep, key, parameters, passing.Span);
        using SecretBytes rest = AesCipher.Encipher(CipherScheme.AesKeyWrapPadded, passing.Span, new CipherParameters(), plain);
        SecretBytes whole = new(head.Length + rest.Length);
        head.Span.CopyTo(whole.Span);
        rest.Span.CopyTo(whole.Span[head.Length..]);
        return whole;
    }

    private static SecretBytes EncipherOnce(CipherScheme scheme, nint key, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        int overhead = scheme == CipherScheme.RsaPkcs1 ? Pkcs1OverheadBytes : (2 * DigestMechanism.Of(parameters.Hash).DigestBytes) + 2;
        return plain.IsEmpty || plain.Length > EVP_PKEY_get_size(key) - overhead
            ? throw KeyCipher.PlainLength(plain.Length)
            : Run(scheme, key, parameters, plain, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt) ?? throw KeyCipher.Parameters("OAEP");
    }

    private static SecretBytes DecipherOnce(CipherScheme scheme, nint key, CipherParameters parameters, ReadOnlySpan<byte> enciphered, int modulusBytes) =>
        enciphered.Length != modulusBytes
            ? throw KeyCipher.EncipheredLength(enciphered.Length)
            : Run(scheme, key, parameters, enciphered, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt) ?? throw KeyCipher.Invalid();

    // Null where libcrypto refuses, for whatever reason.
    private static SecretBytes? Run(
        CipherScheme scheme, nint key, CipherParameters parameters, ReadOnlySpan<byte> input, Func<nint, int> init, Work work)
    {
        nint context = EVP_PKEY_CTX_new(key, 0);
        using SecretBytes output = new(EVP_PKEY_get_size(key));
        try
        {
            PrivateKey.Demand(context != 0 && init(context) == 1);
            Prepare(scheme, context, parameters);
            nuint bytes = (nuint)output.Length;
            fixed (byte* from = input)
            fixed (byte* to = output.Span)
            {
                return work(context, to, ref bytes, from, (nuint)input.Length) > 0 ? new SecretBytes(output.Span[..(int)bytes]) : null;
            }
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
            ERR_clear_error();
        }
    }

    private static void Prepare(CipherScheme scheme, nint context, CipherParameters parameters)
    {
        if (scheme == CipherScheme.RsaPkcs1)
        {
            PrivateKey.Demand(EVP_PKEY_CTX_set_rsa_padding(context, RsaPkcs1Padding) == 1);
            return;
        }

        PrivateKey.Demand(EVP_PKEY_CTX_set_rsa_padding(context, RsaOaepPadding) == 1
            && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_get_digestbyname(DigestMechanism.Of(parameters.Hash).Name)) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_get_digestbyname(DigestMechanism.Of(parameters.MaskHash).Name)) == 1);
        if (!parameters.Label.IsEmpty)
        {
            // The context takes it over.
            byte* label = CRYPTO_malloc((nuint)parameters.Label.Length, "", 0);
            PrivateKey.Demand(label is not null);
            parameters.Label.Span.CopyTo(new Span<byte>(label, parameters.Label.Length));
            PrivateKey.Demand(EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, parameters.Label.Length) == 1);
        }
    }
}
