namespace CodeSign.Appliance.Custody;

/// <summary>Which seal made some protected bytes, so that the host knows what to ask the operator for.</summary>
public static class SealKind
{
    public const string Passphrase = "passphrase";

    public const string KeyFile = "keyfile";

    /// <summary>The kind, as <see cref="ISeal.Kind"/> names it.</summary>
    /// <exception cref="SealException">None of ours.</exception>
    public static string Of(ReadOnlySpan<byte> protectedKey) => ProtectedKey.KindOf(protectedKey) switch
    {
        PassphraseSeal.KindByte => Passphrase,
        KeyFileSeal.KindByte => KeyFile,
        _ => throw new SealException("The root key is sealed in a way this version doesn't know; use the version that made it."),
    };
}
