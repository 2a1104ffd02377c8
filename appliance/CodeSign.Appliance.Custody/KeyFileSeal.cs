namespace CodeSign.Appliance.Custody;

/// <summary>The root key under the content of a key file or service credential.</summary>
public sealed class KeyFileSeal(SecretBytes content) : ISeal
{
    public string Kind => "keyfile";

    public byte[] Protect(RootKey key) => throw new NotSupportedException(content.ToString());

    public RootKey Unprotect(ReadOnlySpan<byte> protectedKey) => throw new NotSupportedException();
}
