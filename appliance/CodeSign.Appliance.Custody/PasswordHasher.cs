namespace CodeSign.Appliance.Custody;

/// <summary>Hashes and verifies passwords and PINs, few at once.</summary>
public sealed class PasswordHasher : IDisposable
{
    /// <summary>Bytes of a password or PIN.</summary>
    public const int PasswordBytesMax = 255;

    public PasswordHasher(RootKey root) => throw new NotSupportedException();

    /// <summary>Hashes a new password. The caller keeps it alive until the task ends.</summary>
    public Task<HashedPassword> HashAsync(SecretBytes password, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Whether this is the password. An empty or too long one is not, without work.</summary>
    public Task<bool> VerifyAsync(SecretBytes password, HashedPassword expected, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>The work of a verification against nothing, so that an unknown name takes as long as a wrong password.</summary>
    public Task VerifyNothingAsync(SecretBytes password, CancellationToken cancel) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
