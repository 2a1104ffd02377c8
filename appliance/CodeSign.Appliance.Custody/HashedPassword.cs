namespace CodeSign.Appliance.Custody;

/// <summary>A password or PIN as it is kept.</summary>
/// <param name="Salt">16 random bytes.</param>
/// <param name="Hash">32 bytes.</param>
/// <param name="MemoryKib">Argon2id memory, KiB.</param>
/// <param name="Passes">Argon2id iterations.</param>
public sealed record HashedPassword(byte[] Salt, byte[] Hash, int MemoryKib, int Passes);
