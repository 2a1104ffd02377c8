using System.Buffers.Binary;

namespace CodeSign.Cryptoki.Templates;

/// <summary>
/// What an application asks of an object: attributes with their values and, apart from them, the names of those whose values are secret.
/// The rules need to know that a private number was given, never what it is.
/// </summary>
/// <param name="attributes">Those that may be seen.</param>
/// <param name="secrets">Types whose values travel as secrets.</param>
public sealed class ObjectTemplate(IReadOnlyList<ObjectAttribute> attributes, IReadOnlyList<CKA> secrets)
{
    public static ObjectTemplate Empty { get; } = new([], []);

    public IReadOnlyList<ObjectAttribute> Attributes { get; } = attributes;

    public IReadOnlyList<CKA> Secrets { get; } = secrets;

    public bool Has(CKA type) => Find(type) is not null || Secrets.Contains(type);

    /// <summary>The value, or null.</summary>
    public ReadOnlyMemory<byte>? Find(CKA type)
    {
        foreach (ObjectAttribute attribute in Attributes)
        {
            if (attribute.Type == type)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    /// <summary>A number, or null where there is none or it isn't 8 bytes.</summary>
    public ulong? Number(CKA type) =>
        Find(type) is { Length: sizeof(ulong) } value ? BinaryPrimitives.ReadUInt64BigEndian(value.Span) : null;

    /// <summary>A truth value; null where there is none.</summary>
    public bool? Flag(CKA type) => Find(type) is { Length: 1 } value ? value.Span[0] != 0 : null;
}
