using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;

namespace CodeSign.Appliance.Requests.Login;

/// <summary>
/// Verifies PINs and counts the wrong ones. A PIN that was accepted is remembered as an HMAC under a key made at start: a match costs
/// microseconds, a mismatch takes the slow way and counts.
/// </summary>
internal sealed class PinGate : IDisposable
{
    /// <summary>Wrong PINs in a row until a PIN is locked.</summary>
    public const int FailuresMax = 10;

    /// <summary>Bytes of the shortest PIN that can be set.</summary>
    public const int LengthMin = 4;

    private const int Stripes = 64;

    private readonly PasswordHasher _hasher;
    private readonly SecretBytes _memoryKey = SecretBytes.Random(32);
    private readonly ConcurrentDictionary<string, byte[]> _accepted = new(StringComparer.Ordinal);

    // Wrong ones that couldn't be written down, a full disk say: they count all the same.
    private readonly ConcurrentDictionary<(string PinId, long Generation), int> _unwritten = new();

    // One verification of a PIN at a time: guesses in parallel must not all be made against the same counter.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    public PinGate(PasswordHasher hasher) => _hasher = hasher;

    public static string PinId(string projectId, string identityId, UserType userType) =>
        userType == UserType.UserSo ? Pin.SoId(projectId) : Pin.UserId(projectId, identityId);

    /// <summary>True where this login is decided by a PIN: always for the SO, for the user where the project says so.</summary>
    public static bool Asks(Project project, UserType userType) =>
        userType == UserType.UserSo || project.Pin == PinRule.Required;

    /// <summary>Verifies the PIN, or throws. A wrong one is counted and recorded before the refusal leaves. Returns its generation.</summary>
    public async ValueTask<long> VerifyAsync(RequestContext context, UserType userType, SecretBytes pin)
    {
        string pinId = PinId(context.Project.Id, context.Caller.IdentityId, userType);
        Pin current = Find(context.Snapshot, pinId, userType);
        if (pin.Length == 0)
        {
            // What a prompt answered with nothing sends (NSS): wrong, but nobody's guess, so it isn't counted.
            throw Incorrect(null);
        }

        // Before anything that a right PIN makes quick: while nothing can be written, it must not be told from a wrong one.
        if (Unwritten(current) > 0)
        {
            await RefuseUnwrittenAsync(context, current);
        }

        if (Remembers(current, pin))
        {
            return current.Generation;
        }

        SemaphoreSlim turn = _turns[(pinId.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Stripes];
        await turn.WaitAsync(context.Cancel);
        try
        {
            current = Find(context.StoreSnapshot(), pinId, userType);
            return Remembers(current, pin) ? current.Generation : await VerifySlowlyAsync(context, current, pin);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// The login with this PIN is on record: the next one with it is quick. Not before, for while nothing can be recorded a quick
    /// answer would tell the right PIN from wrong ones.
    /// </summary>
    public void Remember(RequestContext context, UserType userType, SecretBytes pin, long generation)
    {
        string pinId = PinId(context.Project.Id, context.Caller.IdentityId, userType);
        if (Asks(context.Project, userType) && context.StoreSnapshot().Pins.GetValueOrDefault(pinId) is { } current && current.Generation == generation)
        {
            _accepted[pinId] = Memory(current, pin);
        }
    }

    /// <summary>Refuses a new PIN that is too short or too long.</summary>
    public static void RequireAcceptable(SecretBytes pin)
    {
        if (pin.Length is < LengthMin or > ProtocolLimits.PinBytesMax)
        {
            throw new FaultException(
                CKR.CKR_PIN_LEN_RANGE, "pin.length", $"A PIN has {LengthMin} to {ProtocolLimits.PinBytesMax} bytes.");
        }
    }

    public void Dispose()
    {
        _memoryKey.Dispose();
        foreach (SemaphoreSlim turn in _turns)
        {
            turn.Dispose();
        }
    }

    private static Pin Find(Snapshot snapshot, string pinId, UserType userType)
    {
        Pin? pin = snapshot.Pins.GetValueOrDefault(pinId);
        if (pin?.Hash is null)
        {
            throw new FaultException(
                CKR.CKR_USER_PIN_NOT_INITIALIZED,
                "pin.not_initialized",
                userType == UserType.UserSo
                    ? "The token has no SO PIN yet; an owner sets it with 'csctl pin reset --so'."
                    : "You have no PIN for this token yet; an owner sets it with 'csctl pin reset'.");
        }

        return pin.Locked ? throw Locked() : pin;
    }

    private static FaultException Locked() => new(
        CKR.CKR_PIN_LOCKED, "pin.locked", "The PIN is locked after too many wrong ones; an owner resets it with 'csctl pin reset'.");

    private static FaultException Incorrect(int? left) => new(
        CKR.CKR_PIN_INCORRECT,
        "pin.incorrect",
        left switch
        {
            null => "The PIN is empty; type yours.",
            0 => "The PIN is wrong, and now locked; an owner resets it with 'csctl pin reset'.",
            1 => "The PIN is wrong; type yours for this token, one try is left before it is locked.",
            _ => $"The PIN is wrong; type yours for this token, {left} tries are left before it is locked.",
        });

    private int Unwritten(Pin pin) => _unwritten.GetValueOrDefault((pin.Id, pin.Generation));

    private static PasswordHash Stored(Pin pin) => pin.Hash ?? throw new InvalidOperationException("The PIN has no hash.");

    private async ValueTask<long> VerifySlowlyAsync(RequestContext context, Pin current, SecretBytes pin)
    {
        if (await _hasher.VerifyAsync(pin, PasswordHashes.ToCustody(Stored(current)), context.Cancel))
        {
            if (current.Failures > 0)
            {
                await context.ChangeAsync(latest => new StoreChange()
                    .Put(latest.Pins[current.Id] with { Failures = 0 })
                    .Record(context.Event() with { Event = "pin.counter_reset" }));
            }

            _unwritten.TryRemove((current.Id, current.Generation), out _);
            return current.Generation;
        }

        try
        {
            throw Incorrect(FailuresMax - (await CountAsync(context, current)).Failures);
        }
        catch (FaultException unwritten) when (unwritten.Status != CKR.CKR_PIN_INCORRECT)
        {
            _unwritten.AddOrUpdate((current.Id, current.Generation), 1, (_, count) => count + 1);
            throw;
        }
    }

    // As many wrong ones as lock, though not all are written: they lock, and are written down as soon as that works.
    private async ValueTask RefuseUnwrittenAsync(RequestContext context, Pin current)
    {
        if (current.Failures + Unwritten(current) >= FailuresMax)
        {
            await CountAsync(context, current, more: 0);
            throw Locked();
        }
    }

    private async ValueTask<Pin> CountAsync(RequestContext context, Pin current, int more = 1)
    {
        Pin after = current;

        // Counted though the peer hangs up: nobody guesses for nothing.
        await context.ChangeAsync(
            latest =>
            {
                Pin now = latest.Pins[current.Id];

                // What is in memory alone counts against the PIN it was tried on, not against one set meanwhile.
                int failures = more + Unwritten(now);
                if (failures == 0)
                {
                    after = now;
                    return new StoreChange();
                }

                bool locked = now.Failures + failures >= FailuresMax;
                after = now with
                {
                    Failures = int.Min(now.Failures + failures, FailuresMax),
                    Locked = locked,
                    Generation = locked ? now.Generation + 1 : now.Generation,
                };
                return new StoreChange().Put(after).Record(context.Event("refused") with
                {
                    Event = context.Operation.EventName + ".refused",
                    Reason = locked ? "pin.locked" : "pin.incorrect",
                });
            },
            evenIfGone: true);
        _unwritten.TryRemove((current.Id, current.Generation), out _);
        return after;
    }

    // With wrong ones counted it goes the slow way, which resets the counter: only wrong PINs in a row lock.
    private bool Remembers(Pin current, SecretBytes pin) =>
        current.Failures == 0 && Unwritten(current) == 0 && _accepted.TryGetValue(current.Id, out byte[]? memory)
        && CryptographicOperations.FixedTimeEquals(memory, Memory(current, pin));

    private byte[] Memory(Pin current, SecretBytes pin)
    {
        // The prefix has no byte of the PIN and ends in a separator no id contains, so no two inputs coincide.
        byte[] prefix = Encoding.UTF8.GetBytes($"{current.Id}|{current.Generation}|");
        using SecretBytes input = new(prefix.Length + pin.Length);
        prefix.CopyTo(input.Span);
        pin.Span.CopyTo(input.Span[prefix.Length..]);
        return HMACSHA256.HashData(_memoryKey.Span, input.Span);
    }
}
