using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Keys;

/// <summary>What goes with a mechanism that enciphers; each reads what it has a use for.</summary>
public sealed record CipherParameters
{
    /// <summary>Empty: the mechanism's default.</summary>
    public ReadOnlyMemory<byte> Iv { get; init; }

    public ReadOnlyMemory<byte> AssociatedData { get; init; }

    public int TagBytes { get; init; } = 16;

    /// <summary>Of OAEP.</summary>
    public HashKind Hash { get; init; } = HashKind.Sha256;

    /// <summary>Of OAEP's mask.</summary>
    public HashKind MaskHash { get; init; } = HashKind.Sha256;

    /// <summary>Of OAEP.</summary>
    public ReadOnlyMemory<byte> Label { get; init; }

    /// <summary>Of the key of one use (CKM_RSA_AES_KEY_WRAP).</summary>
    public int AesKeyBytes { get; init; } = 32;
}
