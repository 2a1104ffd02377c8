using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Tokens;
using Google.Protobuf;

namespace CodeSign.P11.Objects;

/// <summary>One object as the appliance told it last, with values as the host reads them. Immutable; a later search makes another.</summary>
internal sealed class TokenObject(ulong handle, Token token, ByteString id, CKA[] types, byte[][] values)
{
    /// <summary>How long the value of an attribute that others may change is good.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    // Asked for every attribute an object lacks, so looked up once.
    private static readonly CKA[] SensitiveOfPrivateKeys = SensitiveOf(CKO.CKO_PRIVATE_KEY);
    private static readonly CKA[] SensitiveOfSecretKeys = SensitiveOf(CKO.CKO_SECRET_KEY);

    private readonly CKA[] _types = types;
    private readonly byte[][] _values = values;

    public ulong Handle { get; } = handle;

    public Token Token { get; } = token;

    /// <summary>The appliance's own name for it; the same after a restart of either side.</summary>
    public ByteString Id { get; } = id;

    /// <summary>The session that made it, where it ends with that (CKA_TOKEN false); null for a token's own.</summary>
    public ulong? Session { get; init; }

    /// <summary>Where it lives in this module alone, its attributes as the rules have them; else null.</summary>
    public AttributeSet? Local { get; init; }

    /// <summary>True where the module itself makes it, for each token.</summary>
    public bool IsBuiltIn => Local is not null && Session is null;

    /// <summary>Since when it is known to be so (<see cref="Stopwatch"/>): when it was asked for, or when a change of ours was confirmed.</summary>
    public long Since { get; init; }

    /// <summary>True where somebody else may have changed it since the appliance told it.</summary>
    public bool IsStale => Local is null && Flag(CKA.CKA_MODIFIABLE) && Stopwatch.GetElapsedTime(Since) > Fresh;

    public CKO Class => (CKO)(Number(CKA.CKA_CLASS) ?? ulong.MaxValue);

    public CKK? KeyType => (CKK?)Number(CKA.CKA_KEY_TYPE);

    public bool IsPrivate => Flag(CKA.CKA_PRIVATE);

    public bool IsVisible => !IsPrivate || Token.ShowsPrivateObjects;

    /// <summary>Bytes of all values together.</summary>
    public ulong Size
    {
        get
        {
            ulong size = 0;
            foreach (byte[] value in _values)
            {
                size += (ulong)value.Length;
            }

            return size;
        }
    }

    /// <summary>The value of an attribute, or null where the object has none such.</summary>
    public byte[]? Value(CKA type)
    {
        for (int i = 0; i < _types.Length; i++)
        {
            if (_types[i] == type)
            {
                return _values[i];
            }
        }

        return null;
    }

    public bool Flag(CKA type) => Value(type) is [not 0];

    public ulong? Number(CKA type) => Value(type) is { Length: sizeof(ulong) } value ? MemoryMarshal.Read<ulong>(value) : null;

    /// <summary>False for a key whose list of mechanisms lacks this one; without a list all are allowed.</summary>
    public bool Permits(CKM mechanism) => Value(CKA.CKA_ALLOWED_MECHANISMS) is not { } list
        || MemoryMarshal.Cast<byte, ulong>(list).Contains((ulong)mechanism);

    /// <summary>True for parts of a key that nobody is told (PKCS#11 v3.0 table 10, footnote 7).</summary>
    public bool IsSensitive(CKA type)
    {
        CKA[] sensitive = Class switch
        {
            CKO.CKO_PRIVATE_KEY => SensitiveOfPrivateKeys,
            CKO.CKO_SECRET_KEY => SensitiveOfSecretKeys,
            _ => [],
        };
        return Array.IndexOf(sensitive, type) >= 0 && (Flag(CKA.CKA_SENSITIVE) || !Flag(CKA.CKA_EXTRACTABLE));
    }

    /// <summary>True for secret values that the appliance may be asked for: they are not told with the others.</summary>
    public bool IsRevealed(CKA type) => IsOpen && ObjectRules.IsSecret(Class, type) && KeyType is { } keyType && KeyShape.Find(keyType)?.Has(Class, type) == true;

    /// <summary>True for a key whose secret values may be shown.</summary>
    public bool IsOpen => Local is null && Class is (CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY) && Flag(CKA.CKA_EXTRACTABLE) && !Flag(CKA.CKA_SENSITIVE);

    private static CKA[] SensitiveOf(CKO objectClass) =>
        [.. AttributeRow.All.Where(row => (row.RulesFor(objectClass) & AttributeRules.Sensitive) != AttributeRules.None).Select(row => row.Attribute)];
}

/// <summary>Numbers: 8 bytes big-endian on our wire, the host's own word in its memory.</summary>
internal static class WireNumber
{
    public static byte[] ToHost(ReadOnlySpan<byte> wire)
    {
        byte[] host = wire.ToArray();
        for (int at = 0; at + sizeof(ulong) <= host.Length; at += sizeof(ulong))
        {
            ulong number = BinaryPrimitives.ReadUInt64BigEndian(host.AsSpan(at));
            MemoryMarshal.Write(host.AsSpan(at), in number);
        }

        return host;
    }

    public static byte[] ToWire(ReadOnlySpan<byte> host)
    {
        byte[] wire = host.ToArray();
        for (int at = 0; at + sizeof(ulong) <= wire.Length; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64BigEndian(wire.AsSpan(at), MemoryMarshal.Read<ulong>(host[at..]));
        }

        return wire;
    }
}
