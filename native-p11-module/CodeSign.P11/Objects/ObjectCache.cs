using System.Collections.Concurrent;
using CodeSign.Cryptoki;
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
    private readonly HandleSource _source = new();
    private int _count;

    public TokenObject? Find(ulong handle) => _objects.GetValueOrDefault(handle);

    /// <summary>Takes an object the appliance told.</summary>
    /// <exception cref="FaultException">CKR_DEVICE_MEMORY: there are <see cref="ObjectsMax"/> already.</exception>
    public TokenObject Take(Token token, WireObject told)
    {
        TokenObject taken = Convert(HandleOf(token, told.Id), token, told);
        _objects[taken.Handle] = taken;
        return taken;
    }

    private ulong HandleOf(Token token, ByteString id)
    {
        if (_handles.TryGetValue((token, id), out ulong known))
        {
            return known;
        }

        if (Interlocked.Increment(ref _count) > ObjectsMax)
        {
            throw new FaultException(
                CKR.CKR_DEVICE_MEMORY, "module.objects", $"This process has seen {ObjectsMax} objects, which is the most it keeps; start it anew.");
        }

        // Each number comes once in 2^31: more often than there can be objects.
        return _handles.GetOrAdd((token, id), _source.Next());
    }

    private TokenObject Convert(ulong handle, Token token, WireObject told)
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

        return new TokenObject(handle, token, told.Id, types, values);
    }
}
