using System.Buffers.Binary;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using CodeSign.Wire;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// The secret values of a template, as they come in a frame's secret: (type: 8 bytes, length: 4 bytes, value), numbers big-endian.
/// They stay in the one buffer, which is wiped.
/// </summary>
internal sealed class SecretValues : IDisposable
{
    private const int HeaderBytes = 12;

    private readonly SecretBytes? _bytes;
    private readonly List<(CKA Type, Range Where)> _values = [];

    private SecretValues(SecretBytes? bytes) => _bytes = bytes;

    public IReadOnlyList<CKA> Types => [.. _values.Select(value => value.Type)];

    /// <summary>Those of a request; none where it carries no secret.</summary>
    /// <exception cref="FaultException">They can't be read.</exception>
    public static SecretValues Of(RequestContext context)
    {
        if (context.SecretCount == 0)
        {
            return new SecretValues(null);
        }

        SecretValues values = new(context.TakeSecret(0, "secret values"));
        try
        {
            values.Read();
            return values;
        }
        catch
        {
            values.Dispose();
            throw;
        }
    }

    /// <summary>The value, empty where there is none.</summary>
    public ReadOnlySpan<byte> Find(CKA type)
    {
        foreach ((CKA candidate, Range where) in _values)
        {
            if (candidate == type)
            {
                return _bytes!.Span[where];
            }
        }

        return default;
    }

    public void Dispose() => _bytes?.Dispose();

    private void Read()
    {
        ReadOnlySpan<byte> bytes = _bytes!.Span;
        for (int at = 0; at < bytes.Length;)
        {
            if (bytes.Length - at < HeaderBytes || _values.Count == ProtocolLimits.TemplateAttributesMax)
            {
                throw Malformed();
            }

            CKA type = (CKA)BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + sizeof(ulong))..]);
            at += HeaderBytes;
            if (length > (uint)(bytes.Length - at))
            {
                throw Malformed();
            }

            _values.Add((type, at..(at + (int)length)));
            at += (int)length;
        }
    }

    private static FaultException Malformed() => new(CKR.CKR_ARGUMENTS_BAD, "template.secrets", "The secret values of the template can't be read.");
}
