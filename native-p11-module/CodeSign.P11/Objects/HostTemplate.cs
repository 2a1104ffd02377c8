using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.Wire;

namespace CodeSign.P11.Objects;

/// <summary>
/// A template that makes or changes an object: what may be seen, and apart from it the secret values, in memory that is wiped
/// (<see cref="AttributeBytes"/>).
/// </summary>
internal sealed class HostTemplate : IDisposable
{
    private readonly ClientSecret? _secrets;

    private HostTemplate(List<Wire.V1.Attribute> attributes, IReadOnlyList<CKA> secretTypes, ClientSecret? secrets)
    {
        Attributes = attributes;
        _secrets = secrets;
        Rules = new ObjectTemplate(
            [.. attributes.Select(attribute => new ObjectAttribute((CKA)attribute.Type, attribute.Value.Memory))], secretTypes);
    }

    public List<Wire.V1.Attribute> Attributes { get; }

    /// <summary>The same for <see cref="ObjectRules"/>.</summary>
    public ObjectTemplate Rules { get; }

    public ReadOnlySpan<byte> Secrets => _secrets is null ? default : _secrets.Span;

    /// <summary>Reads a template of the host.</summary>
    /// <param name="template">Its memory.</param>
    /// <param name="count">Attributes in it.</param>
    /// <param name="implied">The class, where the function says it; null where the template must.</param>
    /// <param name="read">What was read; dispose it.</param>
    public static unsafe CKR Read(NativeAttribute* template, ulong count, CKO? implied, out HostTemplate? read)
    {
        read = null;
        CKR rv = TemplateReader.Check(template, count);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        CKO? objectClass = implied ?? ClassIn(template, count);
        List<Wire.V1.Attribute> attributes = [];
        List<CKA> secretTypes = [];
        int secretBytes = 0;
        for (ulong i = 0; i < count; i++)
        {
            if (objectClass is { } known && ObjectRules.IsSecret(known, template[i].Type))
            {
                secretTypes.Add(template[i].Type);
                secretBytes += AttributeBytes.HeaderBytes + (int)template[i].ValueBytes;
            }
            else
            {
                attributes.Add(TemplateReader.ToWire(template[i]));
            }
        }

        if (secretBytes + attributes.Sum(attribute => attribute.Value.Length) > ProtocolLimits.ObjectBytesMax)
        {
            return Boundary.Refuse(CKR.CKR_ATTRIBUTE_VALUE_INVALID, $"An object has at most {ProtocolLimits.ObjectBytesMax} bytes of values.");
        }

        ClientSecret? secrets = secretTypes.Count == 0 ? null : new ClientSecret(secretBytes);
        Span<byte> room = secrets is null ? default : secrets.Span;
        for (ulong i = 0; i < count && secrets is not null; i++)
        {
            if (secretTypes.Contains(template[i].Type))
            {
                room = AttributeBytes.Write(room, template[i].Type, new ReadOnlySpan<byte>(template[i].Value, (int)template[i].ValueBytes));
            }
        }

        read = new HostTemplate(attributes, secretTypes, secrets);
        return CKR.CKR_OK;
    }

    /// <summary>One value out of an answer's secret values; empty where it isn't among them, or they can't be read.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> secretValues, CKA type)
    {
        while (AttributeBytes.TryRead(secretValues, out CKA found, out int length))
        {
            secretValues = secretValues[AttributeBytes.HeaderBytes..];
            if (found == type)
            {
                return secretValues[..length];
            }

            secretValues = secretValues[length..];
        }

        return default;
    }

    public void Dispose() => _secrets?.Dispose();

    private static unsafe CKO? ClassIn(NativeAttribute* template, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (template[i].Type == CKA.CKA_CLASS && template[i].ValueBytes == sizeof(ulong))
            {
                return (CKO)(*(ulong*)template[i].Value);
            }
        }

        return null;
    }
}
