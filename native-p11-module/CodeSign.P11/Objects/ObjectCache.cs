using System.Collections.Concurrent;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Sessions;
using CodeSign.P11.Tokens;
using CodeSign.Wire;
using Google.Protobuf;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>
/// Objects that searches found, by handle. An object keeps its handle while the module lives, through logins, lost connections and
/// restarts of the appliance; its attributes are those of the latest search, so reading them asks nobody.
/// </summary>
internal sealed class ObjectCache(bool rawEdwardsPoints)
{
    /// <summary>Objects of one process.</summary>
    public const int ObjectsMax = 262_144;

    // Held while an object is replaced: what is newer stays, and what was removed stays away.
    private readonly Lock _replacing = new();

    private readonly ConcurrentDictionary<ulong, TokenObject> _objects = new();
    private readonly ConcurrentDictionary<(Token Token, ByteString Id), ulong> _handles = new();

    // Those of sessions once more: few, and looked through often.
    private readonly ConcurrentDictionary<ulong, TokenObject> _ofSessions = new();
    private readonly HandleSource _source = new();
    private int _count;

    public TokenObject? Find(ulong handle) => _objects.GetValueOrDefault(handle);

    /// <summary>Takes an object the appliance told; answers what is known now, which may be newer.</summary>
    /// <param name="token">Its token.</param>
    /// <param name="told">What was told.</param>
    /// <param name="since">When it was asked for; of what this process changed, when that was confirmed.</param>
    /// <param name="session">The session it ends with, where it was made just now.</param>
    /// <exception cref="FaultException">CKR_DEVICE_MEMORY: there are <see cref="ObjectsMax"/> already.</exception>
    public TokenObject Take(Token token, WireObject told, long since, ulong? session = null)
    {
        ulong handle = HandleOf(token, told.Id);
        TokenObject taken = Convert(handle, token, told, session ?? _objects.GetValueOrDefault(handle)?.Session, null, since);
        lock (_replacing)
        {
            if (_objects.GetValueOrDefault(handle) is { } known && known.Since > since)
            {
                return known;
            }

            Keep(taken);
            return taken;
        }
    }

    /// <summary>Takes an object that a search found; null where it is of a session that has ended here, or hasn't got it yet.</summary>
    public TokenObject? TakeFound(Token token, WireObject told, long since) =>
        _handles.ContainsKey((token, told.Id)) || !IsOfSession(told) ? Take(token, told, since) : null;

    /// <summary>Takes an object that lives here alone: a public one of a session.</summary>
    public TokenObject TakeLocal(Token token, ulong session, AttributeSet attributes)
    {
        RequireSize(attributes);
        CountOne(isNew: true);
        TokenObject made = ConvertLocal(_source.Next(), token, session, attributes);
        Keep(made);
        return made;
    }

    /// <summary>The object of a token that the module itself makes with these attributes; CKA_UNIQUE_ID tells it from the others.</summary>
    public TokenObject TakeBuiltIn(Token token, AttributeSet attributes)
    {
        ulong handle = HandleOf(token, ByteString.CopyFrom(attributes.Find(CKA.CKA_UNIQUE_ID)!.Value.Span));
        if (Find(handle) is { } known)
        {
            return known;
        }

        TokenObject made = ConvertLocal(handle, token, session: null, attributes);
        Keep(made);
        return made;
    }

    /// <summary>Changes an object that lives here.</summary>
    /// <exception cref="FaultException">CKR_OBJECT_HANDLE_INVALID: it was destroyed meanwhile. Or what the change throws.</exception>
    public void ChangeLocal(TokenObject original, Func<AttributeSet, AttributeSet> change)
    {
        lock (_replacing)
        {
            TokenObject current = Find(original.Handle)
                ?? throw new FaultException(CKR.CKR_OBJECT_HANDLE_INVALID, "object.unknown", "There is no such object any more.");
            AttributeSet changed = change(current.Local!);
            RequireSize(changed);
            Keep(ConvertLocal(current.Handle, current.Token, current.Session, changed));
        }
    }

    /// <summary>The local objects of a token that match, and are seen now.</summary>
    public IEnumerable<ulong> FindLocal(Token token, IReadOnlyList<Wire.V1.Attribute> template) => _ofSessions.Values
        .Where(made => made.Local is not null && made.Token == token && made.IsVisible)
        .Where(made => Matches(made.Local!, template))
        .Select(made => made.Handle);

    /// <summary>True where the attributes are all those that a template asks for.</summary>
    public static bool Matches(AttributeSet attributes, IReadOnlyList<Wire.V1.Attribute> template) =>
        template.All(wanted => attributes.Find((CKA)wanted.Type) is { } value && value.Span.SequenceEqual(wanted.Value.Span));

    /// <summary>Those that end with a session.</summary>
    public IReadOnlyList<TokenObject> OfSession(ulong session) => [.. _ofSessions.Values.Where(made => made.Session == session)];

    /// <summary>Session objects of a token that are private.</summary>
    public IReadOnlyList<TokenObject> PrivateOfSessions(Token token) =>
        [.. _ofSessions.Values.Where(made => made.Token == token && made.IsPrivate)];

    /// <summary>The object is no more.</summary>
    public void Remove(TokenObject gone)
    {
        lock (_replacing)
        {
            if (!_objects.TryRemove(gone.Handle, out _))
            {
                return;
            }

            _ofSessions.TryRemove(gone.Handle, out _);
            if (gone.Local is null)
            {
                _handles.TryRemove((gone.Token, gone.Id), out _);
            }

            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>None of a token's objects is any more, but for those the module makes.</summary>
    public void RemoveAll(Token token) => RemoveWhere(made => made.Token == token && !made.IsBuiltIn);

    /// <summary>The handles of a token's own private objects are void for ever: a later login finds the objects under others.</summary>
    public void RemovePrivate(Token token) => RemoveWhere(made => made.Token == token && made.Session is null && made.IsPrivate);

    private void RemoveWhere(Func<TokenObject, bool> isGone)
    {
        foreach (TokenObject gone in _objects.Values.Where(isGone))
        {
            Remove(gone);
        }
    }

    private static bool IsOfSession(WireObject told)
    {
        foreach (Wire.V1.Attribute attribute in told.Attributes)
        {
            if (attribute.Type == (ulong)CKA.CKA_TOKEN)
            {
                return attribute.Value.Span is not [not 0];
            }
        }

        return false;
    }

    // As at the appliance.
    private static void RequireSize(AttributeSet attributes)
    {
        if (attributes.Sum(attribute => attribute.Value.Length) > ProtocolLimits.ObjectBytesMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "object.too_large", $"An object has at most {ProtocolLimits.ObjectBytesMax} bytes of values.");
        }
    }

    private void Keep(TokenObject told)
    {
        _objects[told.Handle] = told;
        if (told.Session is not null)
        {
            _ofSessions[told.Handle] = told;
        }
    }

    private void CountOne(bool isNew)
    {
        if (isNew && Interlocked.Increment(ref _count) > ObjectsMax)
        {
            Interlocked.Decrement(ref _count);
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "module.objects", $"This process has seen {ObjectsMax} objects, which is the most it keeps; start it anew.");
        }
    }

    private ulong HandleOf(Token token, ByteString id)
    {
        if (_handles.TryGetValue((token, id), out ulong known))
        {
            return known;
        }

        CountOne(isNew: true);

        // Each number comes once in 2^31: more often than there can be objects.
        return _handles.GetOrAdd((token, id), _source.Next());
    }

    private TokenObject ConvertLocal(ulong handle, Token token, ulong? session, AttributeSet attributes)
    {
        WireObject told = new();
        foreach (ObjectAttribute attribute in attributes)
        {
            told.Attributes.Add(new Wire.V1.Attribute { Type = (ulong)attribute.Type, Value = ByteString.CopyFrom(attribute.Value.Span) });
        }

        return Convert(handle, token, told, session, attributes, since: 0);
    }

    private TokenObject Convert(ulong handle, Token token, WireObject told, ulong? session, AttributeSet? local, long since)
    {
        int count = told.Attributes.Count;
        CKA[] types = new CKA[count];
        byte[][] values = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            Wire.V1.Attribute attribute = told.Attributes[i];
            types[i] = (CKA)attribute.Type;
            AttributeKind kind = AttributeRow.Find(types[i])?.Kind ?? AttributeKind.Bytes;
            ReadOnlySpan<byte> value = attribute.Value.Span;
            values[i] = kind is AttributeKind.Ulong or AttributeKind.UlongArray ? WireNumber.ToHost(value)
                : types[i] == CKA.CKA_EC_POINT && rawEdwardsPoints ? EdwardsPoint.ToRaw(value).ToArray()
                : value.ToArray();
        }

        return new TokenObject(handle, token, told.Id, types, values) { Session = session, Local = local, Since = since };
    }
}
