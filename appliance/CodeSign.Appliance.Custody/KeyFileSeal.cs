using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// The root key under a key file or service credential: at least 32 bytes of random, raw or as a text of hex or base64. Dispose it
/// when the appliance is unsealed.
/// </summary>
public sealed class KeyFileSeal : ISeal, IDisposable
{
    /// <summary>Fewest bytes of random in a key file.</summary>
    public const int KeyBytesMin = 32;

    /// <summary>Bytes of a key file.</summary>
    public const int FileBytesMax = 64 * 1024;

    internal const byte KindByte = 2;

    private const int SaltBytes = 16;

    private readonly SecretBytes _key;

    /// <param name="content">What stands in the file; copied.</param>
    /// <exception cref="SealException">Too short or too long.</exception>
    public KeyFileSeal(SecretBytes content)
    {
        if (content.Length > FileBytesMax)
        {
            throw new SealException($"The key file is longer than {FileBytesMax} bytes.");
        }

        _key = Decode(content.Span);
        if (_key.Length < KeyBytesMin)
        {
            _key.Dispose();
            throw new SealException(
                $"The key file holds fewer than {KeyBytesMin} bytes of key; make one with: openssl rand -out FILE {KeyBytesMin}");
        }
    }

    public string Kind => SealKind.KeyFile;

    /// <summary>Reads a key file without leaving a copy of it on the managed heap.</summary>
    /// <exception cref="SealException">Missing, unreadable, too short or too long.</exception>
    public static KeyFileSeal Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            using SecretBytes buffer = new(FileBytesMax + 1);
            int length = file.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false);
            using SecretBytes content = new(buffer.Span[..length]);
            return new(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SealException($"The key file {path} can't be read: {e.Message}");
        }
    }

    public byte[] Protect(RootKey key)
    {
        byte[] whole = ProtectedKey.Begin(KindByte, SaltBytes);
        RandomNumberGenerator.Fill(whole.AsSpan(ProtectedKey.PrefixBytes, SaltBytes));
        using SecretBytes sealingKey = SealingKey(whole);
        ProtectedKey.Encrypt(whole, sealingKey, key);
        return whole;
    }

    public RootKey Unprotect(ReadOnlySpan<byte> protectedKey)
    {
        if (ProtectedKey.KindOf(protectedKey) != KindByte)
        {
            throw new SealException("The appliance is not sealed by a key file; give it its passphrase.");
        }

        if (protectedKey.Length != ProtectedKey.PrefixBytes + SaltBytes + ProtectedKey.TailBytes)
        {
            throw ProtectedKey.Damaged();
        }

        using SecretBytes sealingKey = SealingKey(protectedKey);
        return ProtectedKey.Decrypt(protectedKey, sealingKey)
            ?? throw new SealException("The key file is not the one this appliance was sealed with; give it that one.");
    }

    public void Dispose() => _key.Dispose();

    private SecretBytes SealingKey(ReadOnlySpan<byte> whole)
    {
        SecretBytes sealingKey = new(RootKey.Bytes);
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256, _key.Span, sealingKey.Span, whole.Slice(ProtectedKey.PrefixBytes, SaltBytes), "CodeSign key file"u8);
        return sealingKey;
    }

    // Hex first, because hex digits are base64 too; what is neither is raw. One file is always read the same way.
    private static SecretBytes Decode(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> text = content.Trim(" \t\r\n"u8);
        using SecretBytes decoded = new(content.Length);
        if (text.Length >= 2 * KeyBytesMin
            && Convert.FromHexString(text, decoded.Span, out _, out int hexBytes) == OperationStatus.Done)
        {
            return new(decoded.Span[..hexBytes]);
        }

        if (Base64.DecodeFromUtf8(text, decoded.Span, out _, out int written) == OperationStatus.Done && written >= KeyBytesMin)
        {
            return new(decoded.Span[..written]);
        }

        return new(content);
    }
}
