using System.Buffers.Binary;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using Google.Protobuf;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>Templates as they travel.</summary>
internal static class ObjectTemplates
{
    /// <summary>A session's application.</summary>
    public static readonly ByteString Application = ByteString.CopyFrom([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);

    public static Attribute Of(CKA type, ulong value) => Of(type, AttributeSet.Bytes(value));

    public static Attribute Of(CKA type, bool value) => Of(type, AttributeSet.Bytes(value));

    public static Attribute Of(CKA type, string value) => Of(type, AttributeSet.Bytes(value));

    public static Attribute Of(CKA type, ReadOnlySpan<byte> value) => new() { Type = (ulong)type, Value = ByteString.CopyFrom(value) };

    /// <summary>The secret values of a template in one secret.</summary>
    public static byte[] Secrets(params (CKA Type, byte[] Value)[] values)
    {
        using MemoryStream secret = new();
        Span<byte> header = stackalloc byte[12];
        foreach ((CKA type, byte[] value) in values)
        {
            BinaryPrimitives.WriteUInt64BigEndian(header, (ulong)type);
            BinaryPrimitives.WriteUInt32BigEndian(header[8..], (uint)value.Length);
            secret.Write(header);
            secret.Write(value);
        }

        return secret.ToArray();
    }

    public static byte[]? Value(Object found, CKA type) =>
        found.Attributes.FirstOrDefault(attribute => attribute.Type == (ulong)type)?.Value.ToByteArray();

    public static bool Is(Object found, CKA type) => Value(found, type) is [1];
}
