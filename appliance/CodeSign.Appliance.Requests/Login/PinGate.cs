using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
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
    /// <summary>Waiting for one user at one address: hundreds of build processes begin at once. More are refused.</summary>
    public const int WaitingMax = 1024;

    private readonly PasswordHasher _hasher;
    private readonly SecretBytes _memoryKey = SecretBytes.Random(32);
    private readonly ConcurrentDictionary<string, byte[]> _accepted = new(StringComparer.Ordinal);

    // Wrong ones that couldn't be written down, a full disk say: they count all the same.
    private readonly ConcurrentDictionary<(string PinId, string Salt, string IdentityId, string Network), int> _unwritten = new();

    // One at a time of a user at an address: guesses in parallel must not all be made against the same counter, and a flood of them must
    // not fill the hasher's places.
    private readonly AddressTurns _turns = new(WaitingMax);

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
        Pin current = Find(context, context.Snapshot, pinId, userType);
        if (pin.Length == 0)
        {
            // What a prompt answered with nothing sends (NSS): wrong, but nobody's guess, so it isn't counted.
            throw Incorrect(null);
        }

        // Before anything that a right PIN makes quick: while nothing can be written, it must not be told from a wrong one.
        if (Unwritten(context, current) > 0)
        {
            await RefuseUnwrittenAsync(context, current);
        }

        if (Remembers(context, current, pin))
        {
            return current.Generation;
        }

        using IDisposable turn = await _turns.EnterAsync(Source(context), context.Cancel);
        current = Find(context, context.StoreSnapshot(), pinId, userType);
        return Remembers(context, current, pin) ? current.Generation : await VerifySlowlyAsync(context, current, pin);
    }

    /// <summary>Hashes a new PIN, in the same turns: it is as much work.</summary>
    public async ValueTask<PasswordHash> HashAsync(RequestContext context, SecretBytes pin)
    {
        using IDisposable turn = await _turns.EnterAsync(Source(context), context.Cancel);
        return PasswordHashes.ToGovernance(await _hasher.HashAsync(pin, context.Cancel));
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

    /// <summary>Refuses a new PIN that is too short or too long, or can't be typed.</summary>
    public static void RequireAcceptable(Project project, SecretBytes pin)
    {
        if (pin.Length < project.PinLengthMin || pin.Length > ProtocolLimits.PinBytesMax)
        {
            throw new FaultException(
                CKR.CKR_PIN_LEN_RANGE,
                "pin.length",
                $"A PIN for project {project.Name} has {project.PinLengthMin} to {ProtocolLimits.PinBytesMax} bytes ('csctl project set --pin-min').");
        }

        if (!Utf8.IsValid(pin.Span) || pin.Span.ContainsAnyInRange((byte)0, (byte)0x1f) || pin.Span.Contains((byte)0x7f))
        {
            throw new FaultException(CKR.CKR_PIN_INVALID, "pin.characters", "A PIN is UTF-8 text without control characters.");
        }
    }

    public void Dispose() => _memoryKey.Dispose();

    private static string Source(RequestContext context) => $"{context.Caller.IdentityId}|{context.Session.Network}";

    private static Pin Find(RequestContext context, Snapshot snapshot, string pinId, UserType userType)
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

        return pin.IsLockedFor(context.Caller.IdentityId, context.Session.Network, TriesOf(snapshot, context)) ? throw Locked() : pin;
    }

    private static int TriesOf(Snapshot snapshot, RequestContext context) =>
        (snapshot.Projects.GetValueOrDefault(context.Project.Id) ?? context.Project).PinTries;

    private static FaultException Locked() => new(
        CKR.CKR_PIN_LOCKED,
        "pin.locked",
        "The PIN is locked for you at this address after too many wrong ones; an owner sets a new one with 'csctl pin reset'.");

    private static FaultException Incorrect(int? left) => new(
        CKR.CKR_PIN_INCORRECT,
        "pin.incorrect",
        left switch
        {
            null => "The PIN is empty; type yours.",
            <= 0 => "The PIN is wrong, and now locked; an owner resets it with 'csctl pin reset'.",
            1 => "The PIN is wrong; type yours for this token, one try is left before it is locked.",
            _ => $"The PIN is wrong; type yours for this token, {left} tries are left before it is locked.",
        });

    private static (string, string, string, string) UnwrittenKey(RequestContext context, Pin pin) =>
        (pin.Id, pin.Hash?.Salt ?? "", context.Caller.IdentityId, context.Session.Network);

    private int Unwritten(RequestContext context, Pin pin) => _unwritten.GetValueOrDefault(UnwrittenKey(context, pin));

    private static int Wrong(RequestContext context, Pin pin) => pin.WrongFrom(context.Caller.IdentityId, context.Session.Network);

    private static PasswordHash Stored(Pin pin) => pin.Hash ?? throw new InvalidOperationException("The PIN has no hash.");

    private async ValueTask<long> VerifySlowlyAsync(RequestContext context, Pin current, SecretBytes pin)
    {
        if (await _hasher.VerifyAsync(pin, PasswordHashes.ToCustody(Stored(current)), context.Cancel))
        {
            if (current.Forgive(context.Caller.IdentityId, context.Session.Network).Wrong.Length < current.Wrong.Length)
            {
                await context.ChangeAsync(latest => new StoreChange()
                    .Put(latest.Pins[current.Id].Forgive(context.Caller.IdentityId, context.Session.Network))
                    .Record(context.Event() with { Event = "pin.counter_reset" }));
            }

            _unwritten.TryRemove(UnwrittenKey(context, current), out _);
            return current.Generation;
        }

        try
        {
            throw Incorrect(await CountAsync(context, current));
        }
        catch (FaultException unwritten) when (unwritten.Status != CKR.CKR_PIN_INCORRECT)
        {
            _unwritten.AddOrUpdate(UnwrittenKey(context, current), 1, (_, count) => count + 1);
            throw;
        }
    }

    // As many wrong ones as lock, though not all are written: they lock, and are written down as soon as that works.
    private async ValueTask RefuseUnwrittenAsync(RequestContext context, Pin current)
    {
        if (Wrong(context, current) + Unwritten(context, current) >= context.Project.PinTries)
        {
            await CountAsync(context, current, more: 0);
            throw Locked();
        }
    }

    // How many tries are left.
    private async ValueTask<int> CountAsync(RequestContext context, Pin current, int more = 1)
    {
        int left = 0;

        // Counted though the peer hangs up: nobody guesses for nothing.
        await context.ChangeAsync(
            latest =>
            {
                Pin now = latest.Pins[current.Id];

                // What is in memory alone counts against the PIN it was tried on, not against one set meanwhile.
                int wrong = more + Unwritten(context, now);
                Pin after = wrong == 0 ? now : now.Count(context.Caller.IdentityId, context.Session.Network, wrong);
                left = TriesOf(latest, context) - Wrong(context, after);
                return wrong == 0 ? new StoreChange() : new StoreChange().Put(after).Record(context.Event("refused") with
                {
                    Event = context.Operation.EventName + ".refused",
                    Reason = left <= 0 ? "pin.locked" : "pin.incorrect",
                });
            },
            evenIfGone: true);
        _unwritten.TryRemove(UnwrittenKey(context, current), out _);
        return left;
    }

    // With wrong ones counted it goes the slow way, which resets the counter: only wrong PINs in a row lock.
    private bool Remembers(RequestContext context, Pin current, SecretBytes pin) =>
        Wrong(context, current) == 0 && Unwritten(context, current) == 0 && _accepted.TryGetValue(current.Id, out byte[]? memory)
        && CryptographicOperations.FixedTimeEquals(memory, Memory(current, pin));

    private byte[] Memory(Pin current, SecretBytes pin)
    {
        // The salt is anew with each PIN that is set, though its row may have been removed and made again. The prefix has no byte of the PIN
        // and ends in a separator neither contains, so no two inputs coincide.
        byte[] prefix = Encoding.UTF8.GetBytes($"{current.Id}|{Stored(current).Salt}|");
        using SecretBytes input = new(prefix.Length + pin.Length);
        prefix.CopyTo(input.Span);
        pin.Span.CopyTo(input.Span[prefix.Length..]);
        return HMACSHA256.HashData(_memoryKey.Span, input.Span);
    }
}
