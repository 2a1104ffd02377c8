using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Wire;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>
/// The secret values of a template, as they come in a frame's secret (<see cref="AttributeBytes"/>). They stay in the one buffer, which
/// is wiped.
/// </summary>
internal sealed class SecretValues : IDisposable
{
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
            if (_values.Count == ProtocolLimits.TemplateAttributesMax || !AttributeBytes.TryRead(bytes[at..], out CKA type, out int length))
            {
                throw Malformed();
            }

            at += AttributeBytes.HeaderBytes;
            _values.Add((type, at..(at + length)));
            at += length;
        }
    }

    private static FaultException Malformed() => new(CKR.CKR_ARGUMENTS_BAD, "template.secrets", "The secret values of the template can't be read.");
}
