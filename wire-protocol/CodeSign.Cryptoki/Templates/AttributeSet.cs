using System.Buffers.Binary;
using System.Collections;
using System.Text;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// The attributes of one object, but for its secret values, in the order of their numbers. Immutable: a change gives another set.
/// </summary>
public sealed class AttributeSet : IReadOnlyCollection<ObjectAttribute>
{
    private readonly ObjectAttribute[] _sorted;

    /// <param name="attributes">Of two with one type the later counts.</param>
    public AttributeSet(IEnumerable<ObjectAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        SortedDictionary<CKA, ObjectAttribute> values = [];
        foreach (ObjectAttribute attribute in attributes)
        {
            values[attribute.Type] = attribute;
        }

        _sorted = [.. values.Values];
    }

    public int Count => _sorted.Length;

    public CKO Class => (CKO)(Number(CKA.CKA_CLASS) ?? throw new InvalidOperationException("An object without a class."));

    public CKK KeyType => (CKK)(Number(CKA.CKA_KEY_TYPE) ?? throw new InvalidOperationException("A key without a type."));

    /// <summary>The value, or null.</summary>
    public ReadOnlyMemory<byte>? Find(CKA type)
    {
        int low = 0;
        int high = _sorted.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_sorted[middle].Type == type)
            {
                return _sorted[middle].Value;
            }

            if (_sorted[middle].Type < type)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    /// <summary>A number, or null where there is none.</summary>
    public ulong? Number(CKA type) =>
        Find(type) is { Length: sizeof(ulong) } value ? BinaryPrimitives.ReadUInt64BigEndian(value.Span) : null;

    /// <summary>True where the attribute is there and true.</summary>
    public bool Is(CKA type) => Find(type) is { Length: 1 } value && value.Span[0] != 0;

    /// <summary>False for a key whose list of mechanisms (CKA_ALLOWED_MECHANISMS) lacks this one; without a list all are allowed.</summary>
    public bool Permits(CKM mechanism)
    {
        if (Find(CKA.CKA_ALLOWED_MECHANISMS) is not { } list)
        {
            return true;
        }

        for (int at = 0; at + sizeof(ulong) <= list.Length; at += sizeof(ulong))
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(list.Span[at..]) == (ulong)mechanism)
            {
                return true;
            }
        }

        return false;
    }

    public AttributeSet With(CKA type, ReadOnlyMemory<byte> value) => With([new(type, value)]);

    public AttributeSet With(CKA type, bool value) => With(type, Bytes(value));

    public AttributeSet With(CKA type, ulong value) => With(type, Bytes(value));

    public AttributeSet With(IEnumerable<ObjectAttribute> attributes) => new(this.Concat(attributes));

    public IEnumerator<ObjectAttribute> GetEnumerator() => ((IEnumerable<ObjectAttribute>)_sorted).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static byte[] Bytes(bool value) => [value ? (byte)1 : (byte)0];

    public static byte[] Bytes(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Bytes(string value) => Encoding.UTF8.GetBytes(value);
}
