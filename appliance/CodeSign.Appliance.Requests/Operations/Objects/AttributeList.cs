using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CodeSign.Cryptoki;
using Google.Protobuf;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>Collects an object's attributes in the form they travel in (token.proto, Attribute).</summary>
internal sealed class AttributeList(byte[] objectId)
{
    private readonly Object _object = new() { Id = ByteString.CopyFrom(objectId), Version = 1 };

    public Object Build() => _object;

    public AttributeList Add(CKA type, ReadOnlySpan<byte> value)
    {
        _object.Attributes.Add(new CodeSign.Wire.V1.Attribute { Type = (ulong)type, Value = ByteString.CopyFrom(value) });
        return this;
    }

    public AttributeList Add(CKA type, bool value) => Add(type, [value ? (byte)1 : (byte)0]);

    public AttributeList Add(CKA type, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Add(type, bytes);
    }

    public AttributeList Add(CKA type, string value) => Add(type, Encoding.UTF8.GetBytes(value));

    /// <summary>CK_DATE: eight ASCII digits, or empty.</summary>
    public AttributeList Add(CKA type, DateTimeOffset? date) =>
        Add(type, date?.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture) ?? "");

    /// <summary>An attribute that is left out where there is nothing to say.</summary>
    public AttributeList AddIfAny(CKA type, byte[]? value) => value is null ? this : Add(type, value);
}
