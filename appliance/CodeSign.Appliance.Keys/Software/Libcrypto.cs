using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>
/// The functions of libcrypto 3 the engine uses: .NET's classes can't express arbitrary bytes under PKCS#1 padding, PSS salts
/// other than the hash's length or Edwards curves, and they pass private keys through the managed heap.
/// Every pointer is opaque; who owns it stands at its caller.
/// </summary>
internal static unsafe partial class Libcrypto
{
    public const int RsaPkcs1Padding = 1;
    public const int RsaNoPadding = 3;
    public const int RsaOaepPadding = 4;
    public const int RsaPssPadding = 6;

    private const string Library = "libcrypto.so.3";

    /// <summary>
    /// .NET initialises the same library with the switch that keeps OpenSSL from tearing itself down in exit handlers while
    /// threads still sign; asking for its version makes sure it came first.
    /// </summary>
    static Libcrypto()
    {
        if (OperatingSystem.IsWindows() || SafeEvpPKeyHandle.OpenSslVersion < 0x30000000L)
        {
            throw new PlatformNotSupportedException("CodeSign needs OpenSSL 3.");
        }
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_PKEY_CTX_new_from_name(nint library, string name, nint properties);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_PKEY_CTX_new(nint key, nint engine);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_keygen_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_rsa_keygen_bits(nint context, int bits);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_group_name(nint context, string name);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_generate(nint context, out nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_up_ref(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_check(nint context);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_set_utf8_string_param(nint key, string name, string value);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_sign_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_sign(nint context, byte* signature, ref nuint signatureBytes, byte* data, nuint dataBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_rsa_padding(nint context, int padding);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_signature_md(nint context, nint digest);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_rsa_mgf1_md(nint context, nint digest);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_rsa_pss_saltlen(nint context, int saltBytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_get_digestbyname(string name);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_DigestSignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_DigestSign(nint context, byte* signature, ref nuint signatureBytes, byte* data, nuint dataBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint d2i_PKCS8_PRIV_KEY_INFO(nint reuse, ref byte* der, nint bytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int i2d_PKCS8_PRIV_KEY_INFO(nint info, byte** der);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void PKCS8_PRIV_KEY_INFO_free(nint info);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_PKCS82PKEY(nint info);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_PKEY2PKCS8(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint d2i_X509_SIG(nint reuse, ref byte* der, nint bytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void X509_SIG_free(nint encrypted);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint PKCS8_decrypt(nint encrypted, byte* passphrase, int passphraseBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint d2i_X509_ALGOR(nint reuse, ref byte* der, nint bytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void X509_ALGOR_free(nint algorithm);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial byte* PKCS12_pbe_crypt(
        nint algorithm, byte* passphrase, int passphraseBytes, byte* input, int inputBytes, out byte* output, out int outputBytes,
        int encrypt);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void CRYPTO_clear_free(byte* memory, nuint bytes, string file, int line);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int i2d_PUBKEY(nint key, byte** der);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void ERR_clear_error();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_CIPHER_fetch(nint library, string algorithm, nint properties);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_CIPHER_free(nint cipher);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_CIPHER_CTX_set_flags(nint context, int flags);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_CIPHER_CTX_set_padding(nint context, int padding);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int command, int argument, byte* memory);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_CipherUpdate(nint context, byte* output, out int outputBytes, byte* input, int inputBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_CipherFinal_ex(nint context, byte* output, out int outputBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_encrypt_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_encrypt(nint context, byte* output, ref nuint outputBytes, byte* input, nuint inputBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_decrypt_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_decrypt(nint context, byte* output, ref nuint outputBytes, byte* input, nuint inputBytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set_rsa_oaep_md(nint context, nint digest);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_CTX_set0_rsa_oaep_label(nint context, byte* label, int labelBytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial byte* CRYPTO_malloc(nuint bytes, string file, int line);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint d2i_PUBKEY(nint reuse, ref byte* der, nint bytes);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_get_size(nint key);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_derive_set_peer(nint context, nint other);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_PKEY_derive(nint context, byte* secret, ref nuint secretBytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_KDF_fetch(nint library, string name, nint properties);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_KDF_free(nint function);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint EVP_KDF_CTX_new(nint function);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void EVP_KDF_CTX_free(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EVP_KDF_derive(nint context, byte* key, nuint keyBytes, LibcryptoParameter* parameters);
}
