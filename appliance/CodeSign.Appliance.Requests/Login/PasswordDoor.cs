using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// Checks passwords. Its hasher has places of its own, so that strangers who try passwords can't keep users from their PINs.
/// </summary>
internal sealed class PasswordDoor(PasswordHasher hasher, FailureThrottle throttle)
{
    /// <summary>Waiting for one address; more are refused.</summary>
    public const int WaitingMax = 32;

    private readonly AddressTurns _turns = new(WaitingMax);

    /// <summary>Whether this is the password of the user of that name.</summary>
    /// <param name="name">The user as the caller says it.</param>
    /// <param name="address">Where the caller is.</param>
    /// <param name="stored">The password on record; null where there is no such user, which takes as long.</param>
    /// <param name="password">What the caller says.</param>
    /// <param name="cancel">The caller is gone: what wasn't begun isn't counted.</param>
    /// <exception cref="FaultException">password.throttled, password.busy.</exception>
    public async ValueTask<bool> VerifyAsync(
        string name, string address, PasswordHash? stored, SecretBytes password, CancellationToken cancel)
    {
        string network = AddressTurns.NetworkOf(address);
        using IDisposable turn = await _turns.EnterAsync(network, cancel);
        TimeSpan wait = throttle.WaitOf(name, network);
        if (wait > TimeSpan.Zero)
        {
            throw new FaultException(
                CKR.CKR_USER_NOT_LOGGED_IN,
                "password.throttled",
                $"Too many wrong passwords from here; try again in {Math.Ceiling(wait.TotalSeconds):0} seconds.");
        }

        bool right = false;
        if (stored is not null)
        {
            right = await hasher.VerifyAsync(password, PasswordHashes.ToCustody(stored), cancel);
        }
        else
        {
            // As long as a real verification: the time must not tell which names exist.
            await hasher.VerifyNothingAsync(password, cancel);
        }

        if (right)
        {
            throttle.Succeeded(name, network);
        }
        else
        {
            throttle.Failed(name, network);
        }

        return right;
    }
}
