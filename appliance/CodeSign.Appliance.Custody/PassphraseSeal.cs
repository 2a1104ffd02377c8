using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// The root key under a passphrase that somebody types at start: Argon2id, its parameters stored with the result, then AES-256-GCM.
/// Lives as long as the passphrase it was given, which the caller disposes.
/// </summary>
public sealed class PassphraseSeal : ISeal
{
    /// <summary>Bytes of a passphrase.</summary>
    public const int PassphraseBytesMax = 1024;

    internal const byte KindByte = 1;

    // memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt, numbers big-endian
    private const int ParameterBytes = 12 + Argon2.SaltBytes;

    private readonly SecretBytes _passphrase;
    private readonly Argon2 _cost;

    /// <param name="passphrase">1 to <see cref="PassphraseBytesMax"/> bytes.</param>
    /// <exception cref="SealException">Empty or too long.</exception>
    public PassphraseSeal(SecretBytes passphrase)
        : this(passphrase, Argon2.ForPassphrase)
    {
    }

    internal PassphraseSeal(SecretBytes passphrase, Argon2 cost)
    {
        if (passphrase.Length is 0 or > PassphraseBytesMax)
        {
            throw new SealException($"A passphrase has 1 to {PassphraseBytesMax} bytes.");
        }

        _passphrase = passphrase;
        _cost = cost;
    }

    public string Kind => SealKind.Passphrase;

    public byte[] Protect(RootKey key)
    {
        byte[] whole = ProtectedKey.Begin(KindByte, ParameterBytes);
        Span<byte> parameters = whole.AsSpan(ProtectedKey.PrefixBytes, ParameterBytes);
        BinaryPrimitives.WriteInt32BigEndian(parameters, _cost.MemoryKib);
        BinaryPrimitives.WriteInt32BigEndian(parameters[4..], _cost.Passes);
        BinaryPrimitives.WriteInt32BigEndian(parameters[8..], _cost.Lanes);
        RandomNumberGenerator.Fill(parameters[12..]);
        using SecretBytes sealingKey = new(RootKey.Bytes);
        _cost.Derive(_passphrase.Span, parameters[12..], sealingKey.Span);
        ProtectedKey.Encrypt(whole, sealingKey, key);
        return whole;
    }

    public RootKey Unprotect(ReadOnlySpan<byte> protectedKey)
    {
        if (ProtectedKey.KindOf(protectedKey) != KindByte)
        {
            throw new SealException("The appliance is not sealed by a passphrase; give it its key file.");
        }

        if (protectedKey.Length != ProtectedKey.PrefixBytes + ParameterBytes + ProtectedKey.TailBytes)
        {
            throw ProtectedKey.Damaged();
        }

        ReadOnlySpan<byte> parameters = protectedKey.Slice(ProtectedKey.PrefixBytes, ParameterBytes);
        Argon2 cost = new(
            BinaryPrimitives.ReadInt32BigEndian(parameters),
            BinaryPrimitives.ReadInt32BigEndian(parameters[4..]),
            BinaryPrimitives.ReadInt32BigEndian(parameters[8..]));
        if (!cost.IsReasonable)
        {
            throw ProtectedKey.Damaged();
        }

        using SecretBytes sealingKey = new(RootKey.Bytes);
        cost.Derive(_passphrase.Span, parameters[12..], sealingKey.Span);
        return ProtectedKey.Decrypt(protectedKey, sealingKey)
            ?? throw new SealException("The passphrase is wrong; type the one given when the appliance was set up.");
    }
}
