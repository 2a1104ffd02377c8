using CodeSign.Cryptoki;
using static CodeSign.Appliance.Keys.Software.Libcrypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>A key that libcrypto signs with.</summary>
internal sealed unsafe class PreparedLibcryptoKey(KeyAlgorithm algorithm, PrivateKey key) : PreparedKey
{
    /// <summary>Contexts that are kept; as many threads as this sign without making one.</summary>
    private const int ContextsMax = 32;

    // A context belongs to one signature at a time; slots are taken and given back by exchange.
    private readonly nint[] _contexts = new nint[ContextsMax];
    public override byte[] Sign(in SignatureInput input, ReadOnlySpan<byte> data) => algorithm.KeyType switch
    {
        CKK.CKK_EC => SignEcdsa(data),
        CKK.CKK_RSA => SignRsa(input, data),
        _ => SignEddsa(data),
    };

    protected override void Free()
    {
        foreach (nint context in _contexts)
        {
            EVP_PKEY_CTX_free(context);
        }

        key.Dispose();
    }

    private byte[] SignEcdsa(ReadOnlySpan<byte> data)
    {
        nint context = TakeContext(out int slot);
        Span<byte> der = stackalloc byte[EcdsaSignature.DerBytesMax];
        nuint written = (nuint)der.Length;
        bool signed;
        fixed (byte* signature = der)
        fixed (byte* start = data)
        {
            signed = EVP_PKEY_sign(context, signature, ref written, start, (nuint)data.Length) == 1;
        }

        GiveBack(context, slot);
        PrivateKey.Demand(signed);
        return EcdsaSignature.FromDer(der[..(int)written], algorithm.SignatureBytes);
    }

    private byte[] SignRsa(in SignatureInput input, ReadOnlySpan<byte> data)
    {
        byte[] signature = new byte[algorithm.SignatureBytes];
        nuint written = (nuint)signature.Length;
        bool signed = false;
        nint context = EVP_PKEY_CTX_new(key.Handle, 0);
        if (context != 0 && EVP_PKEY_sign_init(context) == 1 && Configure(context, input))
        {
            fixed (byte* target = signature)
            fixed (byte* start = data)
            {
                byte none = 0;
                signed = EVP_PKEY_sign(context, target, ref written, start is null ? &none : start, (nuint)data.Length) == 1;
            }
        }

        EVP_PKEY_CTX_free(context);
        if (!signed && input.Mechanism.Scheme == SignatureScheme.RsaRaw)
        {
            // The length was right, so the number was not below the modulus (RFC 8017 section 5.2.1 step 1).
            ERR_clear_error();
            throw new FaultException(CKR.CKR_DATA_INVALID, "data.too_large", "The data is not below the key's modulus.");
        }

        PrivateKey.Demand(signed && written == (nuint)signature.Length);
        return signature;
    }

    private static bool Configure(nint context, in SignatureInput input) => input.Mechanism.Scheme switch
    {
        SignatureScheme.RsaPss =>
            EVP_PKEY_CTX_set_rsa_padding(context, RsaPssPadding) == 1
            && EVP_PKEY_CTX_set_signature_md(context, Digest(input.Pss!.Hash)) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, Digest(input.Pss.MaskHash)) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, input.Pss.SaltBytes) == 1,
        SignatureScheme.RsaRaw => EVP_PKEY_CTX_set_rsa_padding(context, RsaNoPadding) == 1,
        _ => EVP_PKEY_CTX_set_rsa_padding(context, RsaPkcs1Padding) == 1,
    };

    // libcrypto knows the digests by the names of our table.
    private static nint Digest(HashKind hash) => EVP_get_digestbyname(DigestMechanism.Of(hash).Name);

    private byte[] SignEddsa(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[algorithm.SignatureBytes];
        nuint written = (nuint)signature.Length;
        bool signed = false;
        nint context = EVP_MD_CTX_new();
        if (context != 0 && EVP_DigestSignInit(context, 0, 0, 0, key.Handle) == 1)
        {
            fixed (byte* target = signature)
            fixed (byte* start = message)
            {
                byte none = 0;
                signed = EVP_DigestSign(context, target, ref written, start is null ? &none : start, (nuint)message.Length) == 1;
            }
        }

        EVP_MD_CTX_free(context);
        PrivateKey.Demand(signed && written == (nuint)signature.Length);
        return signature;
    }

    private nint TakeContext(out int slot)
    {
        // Threads begin at different slots, so that they rarely want the same one.
        int first = Environment.CurrentManagedThreadId % ContextsMax;
        for (int i = 0; i < ContextsMax; i++)
        {
            slot = (first + i) % ContextsMax;
            if (Volatile.Read(ref _contexts[slot]) != 0)
            {
                nint kept = Interlocked.Exchange(ref _contexts[slot], 0);
                if (kept != 0)
                {
                    return kept;
                }
            }
        }

        slot = first;
        nint made = EVP_PKEY_CTX_new(key.Handle, 0);
        if (made == 0 || EVP_PKEY_sign_init(made) != 1)
        {
            EVP_PKEY_CTX_free(made);
            PrivateKey.Demand(false);
        }

        return made;
    }

    private void GiveBack(nint context, int slot)
    {
        for (int i = 0; i < ContextsMax; i++)
        {
            int candidate = (slot + i) % ContextsMax;
            if (Volatile.Read(ref _contexts[candidate]) == 0
                && Interlocked.CompareExchange(ref _contexts[candidate], context, 0) == 0)
            {
                return;
            }
        }

        EVP_PKEY_CTX_free(context);
    }
}
