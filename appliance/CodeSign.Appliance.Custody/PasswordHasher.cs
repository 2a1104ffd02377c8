using System.Security.Cryptography;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Custody;

/// <summary>
/// Hashes and verifies passwords and PINs: Argon2id, then HMAC under a key derived from the root key, so that a stolen database alone
/// can't be guessed at. A few at once on threads of their own, a bounded number waiting: a flood of guesses can neither fill the
/// memory nor stop signatures. Compares in constant time.
/// </summary>
public sealed class PasswordHasher : IDisposable
{
    /// <summary>Bytes of a password or PIN.</summary>
    public const int PasswordBytesMax = 255;

    /// <summary>Hashed at the same time; each takes 19 MiB.</summary>
    public const int RunningMax = 2;

    /// <summary>Waiting for their turn; more are refused.</summary>
    public const int WaitingMax = 64;

    private const int HashBytes = 32;

    private readonly SemaphoreSlim _turns = new(RunningMax);
    private readonly MacKey _pepper;
    private readonly Argon2 _cost;
    private readonly HashedPassword _nothing;
    private int _pending;

    public PasswordHasher(RootKey root)
        : this(root, Argon2.ForPassword)
    {
    }

    internal PasswordHasher(RootKey root, Argon2 cost)
    {
        _pepper = new(root, "password");
        _cost = cost;
        _nothing = new(
            RandomNumberGenerator.GetBytes(Argon2.SaltBytes), RandomNumberGenerator.GetBytes(HashBytes), cost.MemoryKib, cost.Passes);
    }

    /// <summary>Hashes a new password. The caller keeps it alive until the task ends.</summary>
    /// <exception cref="FaultException">CKR_PIN_LEN_RANGE for an empty or too long one; CKR_FUNCTION_FAILED when too many wait.</exception>
    public async Task<HashedPassword> HashAsync(SecretBytes password, CancellationToken cancel)
    {
        if (password.Length is 0 or > PasswordBytesMax)
        {
            throw new FaultException(CKR.CKR_PIN_LEN_RANGE, "password.length", $"A password or PIN has 1 to {PasswordBytesMax} bytes.");
        }

        byte[] salt = RandomNumberGenerator.GetBytes(Argon2.SaltBytes);
        byte[] hash = await InTurnAsync(() => Derive(password, salt, _cost), cancel);
        return new(salt, hash, _cost.MemoryKib, _cost.Passes);
    }

    /// <summary>Whether this is the password. An empty or too long one is not, without work.</summary>
    /// <exception cref="FaultException">CKR_FUNCTION_FAILED when too many wait.</exception>
    public async Task<bool> VerifyAsync(SecretBytes password, HashedPassword expected, CancellationToken cancel)
    {
        Argon2 cost = new(expected.MemoryKib, expected.Passes, Lanes: 1);
        if (password.Length is 0 or > PasswordBytesMax || !cost.IsReasonable)
        {
            return false;
        }

        byte[] hash = await InTurnAsync(() => Derive(password, expected.Salt, cost), cancel);
        return CryptographicOperations.FixedTimeEquals(hash, expected.Hash);
    }

    /// <summary>The work of a verification against nothing, so that an unknown name takes as long as a wrong password.</summary>
    public Task VerifyNothingAsync(SecretBytes password, CancellationToken cancel) => VerifyAsync(password, _nothing, cancel);

    public void Dispose()
    {
        _pepper.Dispose();
        _turns.Dispose();
    }

    private byte[] Derive(SecretBytes password, byte[] salt, Argon2 cost)
    {
        using SecretBytes tag = new(HashBytes);
        cost.Derive(password.Span, salt, tag.Span);
        return _pepper.Compute(tag.Span);
    }

    private async Task<byte[]> InTurnAsync(Func<byte[]> work, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _pending) > RunningMax + WaitingMax)
        {
            Interlocked.Decrement(ref _pending);
            throw new FaultException(
                CKR.CKR_FUNCTION_FAILED, "password.busy", "Too many passwords are being checked at the moment; try again in a few seconds.");
        }

        try
        {
            await _turns.WaitAsync(cancel);
            try
            {
                // A thread of its own: tens of milliseconds of computing don't belong on the pool that answers requests.
                return await Task.Factory.StartNew(
                    work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
