using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using static CodeSign.Appliance.Keys.Software.Libcrypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>An EVP_PKEY with a private part. Its numbers live in libcrypto's memory only, which wipes them when it is freed.</summary>
internal sealed unsafe class PrivateKey : IDisposable
{
    private nint _key;

    private PrivateKey(nint key) => _key = key;

    ~PrivateKey() => Free();

    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_key == 0, this);
            return _key;
        }
    }

    /// <summary>Takes its time: seconds for RSA-4096.</summary>
    public static PrivateKey Generate(KeyAlgorithm algorithm)
    {
        nint context = EVP_PKEY_CTX_new_from_name(0, FamilyName(algorithm), 0);
        try
        {
            Demand(context != 0 && EVP_PKEY_keygen_init(context) == 1);
            Demand(algorithm.KeyType switch
            {
                CKK.CKK_RSA => EVP_PKEY_CTX_set_rsa_keygen_bits(context, algorithm.Bits) == 1,
                CKK.CKK_EC => EVP_PKEY_CTX_set_group_name(context, GroupName(algorithm)) == 1,
                _ => true,
            });
            Demand(EVP_PKEY_generate(context, out nint key) == 1);
            return new PrivateKey(key);
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
        }
    }

    /// <summary>Reads a PrivateKeyInfo that was checked before it was stored, or null where it isn't one.</summary>
    public static PrivateKey? FromPkcs8(ReadOnlySpan<byte> der)
    {
        fixed (byte* start = der)
        {
            byte* position = start;
            nint info = d2i_PKCS8_PRIV_KEY_INFO(0, ref position, der.Length);
            bool whole = position == start + der.Length;
            return FromInfo(info, whole);
        }
    }

    /// <summary>Decrypts an EncryptedPrivateKeyInfo, or null where passphrase or content is wrong.</summary>
    public static PrivateKey? FromEncryptedPkcs8(ReadOnlySpan<byte> der, ReadOnlySpan<byte> passphrase)
    {
        fixed (byte* start = der)
        fixed (byte* secret = passphrase)
        {
            byte none = 0;
            byte* position = start;
            nint encrypted = d2i_X509_SIG(0, ref position, der.Length);
            bool whole = position == start + der.Length;
            nint info = encrypted == 0 ? 0 : PKCS8_decrypt(encrypted, secret is null ? &none : secret, passphrase.Length);
            X509_SIG_free(encrypted);
            return FromInfo(info, whole);
        }
    }

    /// <summary>Decrypts what isn't a key (the certificates of a PKCS#12 file), or null where the passphrase is wrong.</summary>
    public static byte[]? DecryptPbe(ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> content)
    {
        fixed (byte* start = algorithm)
        fixed (byte* secret = passphrase)
        fixed (byte* input = content)
        {
            byte none = 0;
            byte* position = start;
            nint parsed = d2i_X509_ALGOR(0, ref position, algorithm.Length);
            int bytes = 0;
            byte* output = parsed == 0 ? null : PKCS12_pbe_crypt(
                parsed, secret is null ? &none : secret, passphrase.Length, input, content.Length, out _, out bytes, encrypt: 0);
            X509_ALGOR_free(parsed);
            ERR_clear_error();
            if (output is null)
            {
                return null;
            }

            byte[] plain = new ReadOnlySpan<byte>(output, bytes).ToArray();
            CRYPTO_clear_free(output, (nuint)bytes, "", 0);
            return plain;
        }
    }

    /// <summary>PrivateKeyInfo, DER.</summary>
    public SecretBytes ToPkcs8()
    {
        nint info = EVP_PKEY2PKCS8(Handle);
        Demand(info != 0);
        try
        {
            SecretBytes secret = new(i2d_PKCS8_PRIV_KEY_INFO(info, null));
            fixed (byte* start = secret.Span)
            {
                byte* position = start;
                int written = i2d_PKCS8_PRIV_KEY_INFO(info, &position);
                Demand(written == secret.Length && written > 0);
            }

            return secret;
        }
        finally
        {
            PKCS8_PRIV_KEY_INFO_free(info);
        }
    }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public byte[] ToPublicKeyInfo()
    {
        byte[] der = new byte[Math.Max(0, i2d_PUBKEY(Handle, null))];
        fixed (byte* start = der)
        {
            byte* position = start;
            Demand(der.Length > 0 && i2d_PUBKEY(Handle, &position) == der.Length);
        }

        return der;
    }

    /// <summary>Whether primes are prime, private and public part belong together, the point is on its curve.</summary>
    public bool IsConsistent()
    {
        nint context = EVP_PKEY_CTX_new(Handle, 0);
        bool consistent = context != 0 && EVP_PKEY_check(context) == 1;
        EVP_PKEY_CTX_free(context);
        ERR_clear_error();
        return consistent;
    }

    /// <summary>An elliptic curve's point is written out in full, however the file had it.</summary>
    public void UseUncompressedPoint()
    {
        _ = EVP_PKEY_set_utf8_string_param(Handle, "point-format", "uncompressed");
        ERR_clear_error();
    }

    /// <summary>The same key under a second owner.</summary>
    public PrivateKey Share()
    {
        Demand(EVP_PKEY_up_ref(Handle) == 1);
        return new PrivateKey(_key);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>A failure of libcrypto that no input explains is ours.</summary>
    internal static void Demand(bool done)
    {
        if (!done)
        {
            ERR_clear_error();
            throw new CryptographicException("libcrypto failed.");
        }
    }

    private static PrivateKey? FromInfo(nint info, bool whole)
    {
        nint key = info == 0 ? 0 : EVP_PKCS82PKEY(info);
        PKCS8_PRIV_KEY_INFO_free(info);
        if (key != 0 && whole)
        {
            return new PrivateKey(key);
        }

        EVP_PKEY_free(key);
        ERR_clear_error();
        return null;
    }

    private static string FamilyName(KeyAlgorithm algorithm) => algorithm.KeyType switch
    {
        CKK.CKK_RSA => "RSA",
        CKK.CKK_EC => "EC",
        _ => algorithm.Name.ToUpperInvariant(),
    };

    private static string GroupName(KeyAlgorithm algorithm) => algorithm.Name switch
    {
        "p256" => "prime256v1",
        "p384" => "secp384r1",
        "p521" => "secp521r1",
        "brainpool256" => "brainpoolP256r1",
        "brainpool384" => "brainpoolP384r1",
        "brainpool512" => "brainpoolP512r1",
        string name => name,
    };

    private void Free()
    {
        EVP_PKEY_free(_key);
        _key = 0;
    }
}
