using CodeSign.Client;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Tokens;

/// <summary>
/// Slots and tokens. A slot that was seen once stays at its place in the list while the module lives; where the appliance can't
/// be asked, what it told last stands, and where it never told anything there is one slot without a token.
/// </summary>
internal sealed class TokenTable(Module module)
{
    /// <summary>The slot that is there when the appliance was never reached, and the only one where the configuration names a project.</summary>
    public const ulong OnlySlotId = 0;

    // Tools ask for slots again and again; flags that change meanwhile are at most this old.
    private const long FreshMs = 5_000;

    private readonly Lock _gate = new();
    private readonly List<Token> _tokens = [];
    private readonly Queue<ulong> _events = [];
    private long _askedAtMs;
    private volatile bool _wasAsked;
    private volatile IReadOnlyList<(ulong SlotId, bool HasToken)>? _announced;

    /// <summary>
    /// The slots, and which have a token. Who asks how many there are gets those of now; the list itself is then that one (PKCS#11 v3.2
    /// section 5.5.1), so that it fits its announcement.
    /// </summary>
    public IReadOnlyList<(ulong SlotId, bool HasToken)> Slots(bool announces)
    {
        if (!announces && _announced is { } announced)
        {
            return announced;
        }

        Refresh();
        lock (_gate)
        {
            IReadOnlyList<(ulong, bool)> slots = _tokens.Count == 0 ? [(OnlySlotId, false)] : [.. _tokens.Select(token => (token.SlotId, token.IsPresent))];
            _announced = announces ? slots : _announced;
            return slots;
        }
    }

    /// <summary>The token in a slot, without asking; null where there is no such slot, or nothing in it.</summary>
    public Token? Find(ulong slotId)
    {
        if (!_wasAsked)
        {
            Refresh();
        }

        lock (_gate)
        {
            foreach (Token token in _tokens)
            {
                if (token.SlotId == slotId)
                {
                    return token;
                }
            }

            return null;
        }
    }

    /// <summary>True for the slot without a token.</summary>
    public bool IsEmptySlot(ulong slotId)
    {
        lock (_gate)
        {
            return slotId == OnlySlotId && _tokens.Count == 0;
        }
    }

    /// <summary>The next look at a token asks the appliance: a PIN was wrong, or changed.</summary>
    public void Expire()
    {
        // Another number than any before, so that an answer under way can tell.
        lock (_gate)
        {
            Volatile.Write(ref _askedAtMs, Math.Min(System.Environment.TickCount64 - FreshMs, _askedAtMs) - 1);
        }
    }

    /// <summary>The slot of a token that has come or gone since the first look at the tokens; each is told once.</summary>
    public ulong? TakeEvent()
    {
        lock (_gate)
        {
            return _events.Count > 0 ? _events.Dequeue() : null;
        }
    }

    /// <summary>Asks the appliance where what is known is old. A failure is traced, and what is known stays.</summary>
    /// <param name="freshMs">What is younger isn't old.</param>
    public void Refresh(long freshMs = FreshMs)
    {
        long askedBefore = Volatile.Read(ref _askedAtMs);
        if (_wasAsked && System.Environment.TickCount64 - askedBefore < freshMs)
        {
            return;
        }

        try
        {
            // The first hello brings the tokens with it. No lock is held while the appliance is asked.
            IReadOnlyList<TokenDescription> told = !_wasAsked && module.Client.Hello() is { TokensNext.Length: 0 } hello
                ? hello.Tokens
                : module.Client.ListTokens();
            Take(told);

            // Not where a PIN was wrong while the answer was under way: it may be older.
            Interlocked.CompareExchange(ref _askedAtMs, System.Environment.TickCount64, askedBefore);
            _wasAsked = true;
        }
        catch (ApplianceException exception)
        {
            module.Trace.Write($"The tokens can't be asked for: {exception.Message}");
        }
    }

    public void ForgetLogins()
    {
        lock (_gate)
        {
            foreach (Token token in _tokens)
            {
                token.Login.Forget();
            }
        }
    }

    private void Take(IReadOnlyList<TokenDescription> told)
    {
        List<Token> gone = [];
        lock (_gate)
        {
            IReadOnlyList<TokenDescription> shown = module.Settings?.Project is { } project ? Only(told, project) : told;
            foreach (Token known in _tokens)
            {
                TokenDescription? description = shown.FirstOrDefault(one => IsOf(one, known));
                known.Description = description ?? known.Description;
                bool hasChanged = known.IsPresent != (description is not null);
                Note(known.SlotId, hasChanged);
                gone.AddRange(hasChanged && description is null ? [known] : []);
                known.IsPresent = description is not null;
            }

            foreach (TokenDescription description in shown)
            {
                if (_tokens.Exists(token => IsOf(description, token)))
                {
                    continue;
                }

                Token added = new(module.Settings?.Project is null ? description.SlotId : OnlySlotId, description);
                Note(added.SlotId, hasChanged: _wasAsked);
                int place = _tokens.FindIndex(token => token.SlotId == added.SlotId);
                if (place < 0)
                {
                    _tokens.Add(added);
                    continue;
                }

                // A project of the same name, made anew: another token in the same slot.
                gone.Add(_tokens[place]);
                _tokens[place] = added;
            }
        }

        // A token that goes takes its sessions with it (PKCS#11 v3.2 section 5.1.2), and all they saw.
        foreach (Token token in gone)
        {
            module.Sessions.CloseAll(token);
            token.Login.Forget();
            module.Objects.RemoveAll(token);
        }
    }

    private void Note(ulong slotId, bool hasChanged)
    {
        if (hasChanged && !_events.Contains(slotId))
        {
            _events.Enqueue(slotId);
        }
    }

    // By its id before its name: a project may be named as another is numbered.
    private List<TokenDescription> Only(IReadOnlyList<TokenDescription> told, string project)
    {
        TokenDescription? named = told.FirstOrDefault(one => string.Equals(one.ProjectId, project, StringComparison.OrdinalIgnoreCase))
            ?? told.FirstOrDefault(one => string.Equals(one.Label, project, StringComparison.Ordinal))
            ?? told.FirstOrDefault(one => _tokens.Exists(token => IsOf(one, token)));   // C_InitToken has renamed it
        if (named is not null)
        {
            return [named];
        }

        if (_tokens.Count == 0)
        {
            module.Trace.Write($"The configuration shows only project {project}, which this caller doesn't see; check its name and the caller's roles.");
        }

        return [];
    }

    private static bool IsOf(TokenDescription description, Token token) =>
        string.Equals(token.ProjectId, description.ProjectId, StringComparison.Ordinal);
}
