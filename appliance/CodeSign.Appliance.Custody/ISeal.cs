namespace CodeSign.Appliance.Custody;

/// <summary>How the root key is protected while the appliance is not running.</summary>
public interface ISeal
{
    /// <summary><c>passphrase</c> or <c>keyfile</c>; also the first field of what <see cref="Protect"/> gives.</summary>
    string Kind { get; }

    /// <summary>The root key, protected; contains everything needed to get it back but the secret of the seal.</summary>
    byte[] Protect(RootKey key);

    /// <summary>The root key back.</summary>
    /// <exception cref="SealException">Another kind of seal, a wrong passphrase or key file, or bytes that were changed.</exception>
    RootKey Unprotect(ReadOnlySpan<byte> protectedKey);
}

/// <summary>The root key can't be recovered. The message is one sentence for the operator.</summary>
public sealed class SealException(string message) : Exception(message);
