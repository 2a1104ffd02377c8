using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// Seals and opens single records: AES-256-GCM under a data key of the record's own, which is wrapped under the current
/// key-encryption key. The path and the generation of that key are associated data of both, so that a record moved to another row,
/// column or generation does not open. Safe for many threads.
/// </summary>
/// <remarks>
/// A sealed record, numbers big-endian: format (1) ‖ generation of the key-encryption key (4) ‖ nonce (12) ‖ wrapped data key (32) ‖
/// tag (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
/// </remarks>
public sealed class RecordSealer : IDisposable
{
    /// <summary>What sealing adds to a plaintext, in bytes.</summary>
    public const int OverheadBytes = HeaderBytes + WrappedKeyBytes + NonceBytes + TagBytes;

    private const byte Format = 1;
    private const int HeaderBytes = 1 + sizeof(uint);
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;
    private const int WrappedKeyBytes = NonceBytes + KeyBytes + TagBytes;

    // First byte of the associated data: the two ciphertexts of a record can't stand for one another.
    private const byte WrapsKey = (byte)'K';
    private const byte EncryptsRecord = (byte)'R';

    private readonly SecretBytes[] _wrappingKeys;

    public RecordSealer(RootKey root)
        : this(root, generation: 1)
    {
    }

    /// <param name="root">Where the key-encryption keys come from; not kept.</param>
    /// <param name="generation">The current key-encryption key, from 1. Records of older ones open, too.</param>
    public RecordSealer(RootKey root, uint generation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(generation);
        Generation = generation;
        _wrappingKeys = [.. Enumerable.Range(1, (int)generation).Select(g => root.Derive($"record/{g}", KeyBytes))];
    }

    public uint Generation { get; }

    public byte[] Seal(RecordPath path, ReadOnlySpan<byte> plain)
    {
        byte[] whole = new byte[OverheadBytes + plain.Length];
        whole[0] = Format;
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(1), Generation);
        byte[] associated = Associated(path, Generation);
        using SecretBytes dataKey = SecretBytes.Random(KeyBytes);

        Encrypt(_wrappingKeys[^1], Bound(associated, WrapsKey), dataKey.Span, whole.AsSpan(HeaderBytes, WrappedKeyBytes));
        Encrypt(dataKey, Bound(associated, EncryptsRecord), plain, whole.AsSpan(HeaderBytes + WrappedKeyBytes));
        return whole;
    }

    /// <summary>The plaintext; the caller disposes it.</summary>
    /// <exception cref="CryptographicException">Changed, sealed for another path, or under another root key.</exception>
    public SecretBytes Open(RecordPath path, ReadOnlySpan<byte> sealedRecord)
    {
        if (sealedRecord.Length < OverheadBytes || sealedRecord[0] != Format)
        {
            throw new CryptographicException("Not a sealed record.");
        }

        uint generation = BinaryPrimitives.ReadUInt32BigEndian(sealedRecord[1..]);
        if (generation is 0 || generation > Generation)
        {
            throw new CryptographicException("Sealed under a key-encryption key that doesn't exist.");
        }

        byte[] associated = Associated(path, generation);
        using SecretBytes dataKey = Decrypt(
            _wrappingKeys[generation - 1], Bound(associated, WrapsKey), sealedRecord.Slice(HeaderBytes, WrappedKeyBytes));
        return Decrypt(dataKey, Bound(associated, EncryptsRecord), sealedRecord[(HeaderBytes + WrappedKeyBytes)..]);
    }

    public void Dispose()
    {
        foreach (SecretBytes key in _wrappingKeys)
        {
            key.Dispose();
        }
    }

    private static void Encrypt(SecretBytes key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> output)
    {
        RandomNumberGenerator.Fill(output[..NonceBytes]);
        using AesGcm aes = new(key.Span, TagBytes);
        aes.Encrypt(output[..NonceBytes], plain, output[NonceBytes..^TagBytes], output[^TagBytes..], associated);
    }

    private static SecretBytes Decrypt(SecretBytes key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> input)
    {
        SecretBytes plain = new(input.Length - NonceBytes - TagBytes);
        try
        {
            using AesGcm aes = new(key.Span, TagBytes);
            aes.Decrypt(input[..NonceBytes], input[NonceBytes..^TagBytes], input[^TagBytes..], plain.Span, associated);
            return plain;
        }
        catch (CryptographicException)
        {
            plain.Dispose();
            throw;
        }
    }

    // purpose (1) ‖ format (1) ‖ generation (4) ‖ length (4) and bytes of table, id and column: no two paths look the same
    private static byte[] Associated(RecordPath path, uint generation)
    {
        using MemoryStream bytes = new();
        bytes.WriteByte(0);
        bytes.WriteByte(Format);
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(number, generation);
        bytes.Write(number);
        foreach (string part in (ReadOnlySpan<string>)[path.Table, path.Id, path.Column])
        {
            byte[] text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(number, text.Length);
            bytes.Write(number);
            bytes.Write(text);
        }

        return bytes.ToArray();
    }

    private static byte[] Bound(byte[] associated, byte purpose)
    {
        associated[0] = purpose;
        return associated;
    }
}
