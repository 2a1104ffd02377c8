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
    private const int GcmIvBytesMin = 12;
    private const int GcmIvBytesMax = 64;
    private const int GcmTagBytesMin = 12;

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
            case CipherScheme.AesCbc or CipherScheme.AesCbcPadded or CipherScheme.AesGcm when plain.IsEmpty:
                throw KeyCipher.PlainLength(plain.Length);
            case CipherScheme.AesKeyWrapPkcs7:
            case CipherScheme.AesCbcPadded:
            case CipherScheme.AesCbc:
                using (SecretBytes padded = Pad(scheme, plain))
                {
                    return Run(scheme, key, parameters, padded.Span, isEnciphering: true) ?? throw KeyCipher.PlainLength(plain.Length);
                }

            case CipherScheme.AesGcm:
                return EncipherGcm(key, parameters, plain);
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

        if (scheme == CipherScheme.AesGcm)
        {
            return DecipherGcm(key, parameters, enciphered);
        }

        SecretBytes plain = Run(scheme, key, parameters, enciphered, isEnciphering: false) ?? throw KeyCipher.Invalid();
        if (scheme is not (CipherScheme.AesKeyWrapPkcs7 or CipherScheme.AesCbcPadded))
        {
            return plain;
        }

        using (plain)
        {
            return Unpad(plain.Span, BlockOf(scheme));
        }
    }

    private static void RequireIv(CipherScheme scheme, CipherParameters parameters)
    {
        int bytes = parameters.Iv.Length;
        bool fits = scheme switch
        {
            CipherScheme.AesKeyWrap or CipherScheme.AesKeyWrapPkcs7 => bytes is 0 or WrapBlockBytes,
            CipherScheme.AesKeyWrapPadded => bytes is 0 or PaddedIvBytes,
            CipherScheme.AesGcm => bytes is >= GcmIvBytesMin and <= GcmIvBytesMax && parameters.TagBytes is >= GcmTagBytesMin and <= BlockBytes,
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
        CipherScheme.AesGcm => bytes > parameters.TagBytes,
        _ => bytes > 0 && bytes % BlockBytes == 0,
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

                // What pads and what doesn't is decided here: whole blocks are all that it sees.
                _ = EVP_CIPHER_CTX_set_padding(context, 0);
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
        CipherScheme.AesGcm => "GCM",
        CipherScheme.AesCbc or CipherScheme.AesCbcPadded => "CBC",
        _ => throw new ArgumentOutOfRangeException(nameof(scheme), scheme, "No scheme of AES."),
    };

    private static SecretBytes EncipherGcm(ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> plain)
    {
        SecretBytes output = new(plain.Length + parameters.TagBytes);
        nint context = StartGcm(key, parameters, isEnciphering: true);
        try
        {
            fixed (byte* from = plain)
            fixed (byte* to = output.Span)
            {
                PrivateKey.Demand(EVP_CipherUpdate(context, to, out int written, from, plain.Length) == 1 && written == plain.Length
                    && EVP_CipherFinal_ex(context, to + written, out _) == 1
                    && EVP_CIPHER_CTX_ctrl(context, GetTag, parameters.TagBytes, to + written) == 1);
            }

            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
        finally
        {
            EVP_CIPHER_CTX_free(context);
        }
    }

    private static SecretBytes DecipherGcm(ReadOnlySpan<byte> key, CipherParameters parameters, ReadOnlySpan<byte> enciphered)
    {
        ReadOnlySpan<byte> body = enciphered[..^parameters.TagBytes];
        SecretBytes output = new(body.Length);
        nint context = StartGcm(key, parameters, isEnciphering: false);
        bool isAuthentic;
        fixed (byte* tag = enciphered[body.Length..])
        fixed (byte* from = body)
        fixed (byte* to = output.Span)
        {
            isAuthentic = EVP_CIPHER_CTX_ctrl(context, SetTag, parameters.TagBytes, tag) == 1
                && EVP_CipherUpdate(context, to, out int written, from, body.Length) == 1
                && EVP_CipherFinal_ex(context, to + written, out _) == 1;
        }

        EVP_CIPHER_CTX_free(context);
        ERR_clear_error();
        if (!isAuthentic)
        {
            output.Dispose();
            throw KeyCipher.Invalid();
        }

        return output;
    }

    private static nint StartGcm(ReadOnlySpan<byte> key, CipherParameters parameters, bool isEnciphering)
    {
        nint cipher = EVP_CIPHER_fetch(0, NameOf(CipherScheme.AesGcm, key.Length), 0);
        nint context = EVP_CIPHER_CTX_new();
        fixed (byte* secret = key)
        fixed (byte* iv = parameters.Iv.Span)
        fixed (byte* associated = parameters.AssociatedData.Span)
        {
            int encrypt = isEnciphering ? 1 : 0;
            bool isStarted = cipher != 0 && context != 0
                && EVP_CipherInit_ex(context, cipher, 0, null, null, encrypt) == 1
                && EVP_CIPHER_CTX_ctrl(context, SetIvLength, parameters.Iv.Length, null) == 1
                && EVP_CipherInit_ex(context, 0, 0, secret, iv, encrypt) == 1
                && (parameters.AssociatedData.IsEmpty || EVP_CipherUpdate(context, null, out _, associated, parameters.AssociatedData.Length) == 1);
            EVP_CIPHER_free(cipher);
            if (!isStarted)
            {
                EVP_CIPHER_CTX_free(context);
            }

            PrivateKey.Demand(isStarted);
            return context;
        }
    }

    private static int BlockOf(CipherScheme scheme) => scheme == CipherScheme.AesKeyWrapPkcs7 ? WrapBlockBytes : BlockBytes;

    // PKCS#7: as many bytes as are lacking, each saying how many. Without, whole blocks are filled up with zeros.
    private static SecretBytes Pad(CipherScheme scheme, ReadOnlySpan<byte> plain)
    {
        int block = BlockOf(scheme);
        int bytes = block - (plain.Length % block);
        bytes = scheme == CipherScheme.AesCbc ? bytes % block : bytes;
        SecretBytes padded = new(plain.Length + bytes);
        plain.CopyTo(padded.Span);
        padded.Span[plain.Length..].Fill(scheme == CipherScheme.AesCbc ? (byte)0 : (byte)bytes);
        return padded;
    }

    private static SecretBytes Unpad(ReadOnlySpan<byte> padded, int block)
    {
        byte bytes = padded[^1];
        return bytes > 0 && bytes <= block && bytes < padded.Length && !padded[^bytes..].ContainsAnyExcept(bytes)
            ? new SecretBytes(padded[..^bytes])
            : throw KeyCipher.Invalid();
    }
}
