using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using static CodeSign.Appliance.Keys.Software.Libcrypto;

namespace CodeSign.Appliance.Keys.Software;

/// <summary>AES by libcrypto. .NET's own classes keep keys on the managed heap.</summary>
internal static unsafe class AesCipher
{
    private const int BlockBytes = 16;
    private const int WrapBlockBytes = 8;
    private const int PaddedIvBytes = 4;

    // openssl/evp.h
    private const int AllowWrapping = 0x1;
    private const int SetIvLength = 0x9;
    private const int GetTag = 0x10;
    private const int SetTag = 0x11;

    public static SecretBytes Encipher(CipherScheme scheme, ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        RequireIv(scheme, parameters);
        switch (scheme)
        {
            case CipherScheme.AesKeyWrap when plain.Length < 2 * WrapBlockBytes || plain.Length % WrapBlockBytes > 0:
            case CipherScheme.AesKeyWrapPadded when plain.IsEmpty:
            case CipherScheme.AesKeyWrapPkcs7 when plain.Length < WrapBlockBytes:
                throw KeyCipher.PlainLength(plain.Length);
            case CipherScheme.AesKeyWrapPkcs7:
                using (SecretBytes padded = Pad(plain))
                {
                    return Run(scheme, key, parameters, padded.Span, isEnciphering: true)!;
                }

            default:
                return Run(scheme, key, parameters, plain, isEnciphering: true) ?? throw KeyCipher.PlainLength(plain.Length);
        }
    }

    public static SecretBytes Decipher(CipherScheme scheme, ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> enciphered)
    {
        RequireIv(scheme, parameters);
        if (!IsLength(scheme, enciphered.Length, parameters))
        {
            throw KeyCipher.EncipheredLength(enciphered.Length);
        }

        SecretBytes plain = Run(scheme, key, parameters, enciphered, isEnciphering: false) ?? throw KeyCipher.Invalid();
        if (scheme != CipherScheme.AesKeyWrapPkcs7)
        {
            return plain;
        }

        using (plain)
        {
            return Unpad(plain.Span);
        }
    }

    private static void RequireIv(CipherScheme scheme, CipherParameters parameters)
    {
        int bytes = parameters.Iv.Length;
        bool fits = scheme switch
        {
            CipherScheme.AesKeyWrap or CipherScheme.AesKeyWrapPkcs7 => bytes is 0 or WrapBlockBytes,
            CipherScheme.AesKeyWrapPadded => bytes is 0 or PaddedIvBytes,
            _ => bytes is BlockBytes,
        };
        if (!fits)
        {
            throw KeyCipher.Parameters($"an initial value of {bytes} bytes");
        }
    }

    private static bool IsLength(CipherScheme scheme, int bytes, CipherParameters parameters) => scheme switch
    {
        CipherScheme.AesKeyWrap or CipherScheme.AesKeyWrapPkcs7 => bytes >= 3 * WrapBlockBytes && bytes % WrapBlockBytes == 0,
        CipherScheme.AesKeyWrapPadded => bytes >= 2 * WrapBlockBytes && bytes % WrapBlockBytes == 0,
        _ => bytes >= parameters.TagBytes,
    };

    // Null where libcrypto refuses, for whatever reason.
    private static SecretBytes? Run(CipherScheme scheme, ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> input, bool isEnciphering)
    {
        nint cipher = EVP_CIPHER_fetch(0, NameOf(scheme, key.Length), 0);
        nint context = EVP_CIPHER_CTX_new();
        using SecretBytes output = new(input.Length + (2 * BlockBytes));
        try
        {
            PrivateKey.Demand(cipher != 0 && context != 0);
            EVP_CIPHER_CTX_set_flags(context, AllowWrapping);
            fixed (byte* secret = key)
            fixed (byte* iv = parameters.Iv.Span)
            fixed (byte* from = input)
            fixed (byte* to = output.Span)
            {
                PrivateKey.Demand(EVP_CipherInit_ex(context, cipher, 0, secret, iv, isEnciphering ? 1 : 0) == 1);
                return EVP_CipherUpdate(context, to, out int written, from, input.Length) > 0 ? new SecretBytes(output.Span[..written]) : null;
            }
        }
        finally
        {
            EVP_CIPHER_CTX_free(context);
            EVP_CIPHER_free(cipher);
            ERR_clear_error();
        }
    }

    private static string NameOf(CipherScheme scheme, int keyBytes) => $"AES-{keyBytes * 8}-" + scheme switch
    {
        CipherScheme.AesKeyWrap or CipherScheme.AesKeyWrapPkcs7 => "WRAP",
        CipherScheme.AesKeyWrapPadded => "WRAP-PAD",
        _ => throw new ArgumentOutOfRangeException(nameof(scheme), scheme, "No scheme of AES."),
    };

    // PKCS#7: as many bytes as are lacking, each saying how many.
    private static SecretBytes Pad(ReadOnlySpan<byte> plain)
    {
        int bytes = WrapBlockBytes - (plain.Length % WrapBlockBytes);
        SecretBytes padded = new(plain.Length + bytes);
        plain.CopyTo(padded.Span);
        padded.Span[plain.Length..].Fill((byte)bytes);
        return padded;
    }

    // What it stood in was authentic: that it is malformed tells nothing but how it was made.
    private static SecretBytes Unpad(ReadOnlySpan<byte> padded)
    {
        byte bytes = padded[^1];
        return bytes is > 0 and <= WrapBlockBytes && !padded[^bytes..].ContainsAnyExcept(bytes)
            ? new SecretBytes(padded[..^bytes])
            : throw KeyCipher.Invalid();
    }
}
