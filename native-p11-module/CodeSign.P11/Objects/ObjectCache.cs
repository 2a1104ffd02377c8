using System.Collections.Concurrent;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Sessions;
using CodeSign.P11.Tokens;
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

    private readonly ConcurrentDictionary<ulong, TokenObject> _objects = new();
    private readonly ConcurrentDictionary<(Token Token, ByteString Id), ulong> _handles = new();

    // Those of sessions once more: few, and looked through often.
    private readonly ConcurrentDictionary<ulong, TokenObject> _ofSessions = new();
    private readonly HandleSource _source = new();
    private int _count;

    public TokenObject? Find(ulong handle) => _objects.GetValueOrDefault(handle);

    /// <summary>Takes an object the appliance told.</summary>
    /// <exception cref="FaultException">CKR_DEVICE_MEMORY: there are <see cref="ObjectsMax"/> already.</exception>
    public TokenObject Take(Token token, WireObject told, ulong? session = null)
    {
        ulong handle = HandleOf(token, told.Id);
        TokenObject taken = Convert(handle, token, told, session ?? _objects.GetValueOrDefault(handle)?.Session, null);
        Keep(taken);
        return taken;
    }

    /// <summary>Takes an object that lives here alone: a public one of a session.</summary>
    public TokenObject TakeLocal(Token token, ulong session, AttributeSet attributes, ulong? handle = null)
    {
        WireObject told = new();
        foreach (ObjectAttribute attribute in attributes)
        {
            told.Attributes.Add(new Wire.V1.Attribute { Type = (ulong)attribute.Type, Value = ByteString.CopyFrom(attribute.Value.Span) });
        }

        CountOne(handle is null);
        TokenObject made = Convert(handle ?? _source.Next(), token, told, session, attributes);
        Keep(made);
        return made;
    }

    /// <summary>The local objects of a token that match, and are seen now.</summary>
    public IEnumerable<ulong> FindLocal(Token token, IReadOnlyList<Wire.V1.Attribute> template) => _ofSessions.Values
        .Where(made => made.Local is not null && made.Token == token && made.IsVisible)
        .Where(made => template.All(wanted => made.Local!.Find((CKA)wanted.Type) is { } value && value.Span.SequenceEqual(wanted.Value.Span)))
        .Select(made => made.Handle);

    /// <summary>Those that end with a session.</summary>
    public IReadOnlyList<TokenObject> OfSession(ulong session) => [.. _ofSessions.Values.Where(made => made.Session == session)];

    /// <summary>Session objects of a token that are private.</summary>
    public IReadOnlyList<TokenObject> PrivateOfSessions(Token token) =>
        [.. _ofSessions.Values.Where(made => made.Token == token && made.IsPrivate)];

    /// <summary>The object is no more.</summary>
    public void Remove(TokenObject gone)
    {
        if (_objects.TryRemove(gone.Handle, out _))
        {
            _ofSessions.TryRemove(gone.Handle, out _);
            _handles.TryRemove((gone.Token, gone.Id), out _);
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>None of a token's objects is any more.</summary>
    public void RemoveAll(Token token)
    {
        foreach (TokenObject gone in _objects.Values.Where(made => made.Token == token))
        {
            Remove(gone);
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

    private TokenObject Convert(ulong handle, Token token, WireObject told, ulong? session, AttributeSet? local)
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

        return new TokenObject(handle, token, told.Id, types, values) { Session = session, Local = local };
    }
}
