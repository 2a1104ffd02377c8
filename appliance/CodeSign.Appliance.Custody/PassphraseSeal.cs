namespace CodeSign.Appliance.Custody;

/// <summary>The root key under a passphrase that somebody types at start.</summary>
public sealed class PassphraseSeal(SecretBytes passphrase) : ISeal
{
    public string Kind => "passphrase";

    public byte[] Protect(RootKey key) => throw new NotSupportedException(passphrase.ToString());

    public RootKey Unprotect(ReadOnlySpan<byte> protectedKey) => throw new NotSupportedException();
}
