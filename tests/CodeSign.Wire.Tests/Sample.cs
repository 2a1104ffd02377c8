using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CodeSign.Wire.Tests;

/// <summary>A message with every field set to something that no other field of it has.</summary>
internal static class Sample
{
    public static IMessage Of(MessageDescriptor descriptor)
    {
        IMessage message = descriptor.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in descriptor.Fields.InFieldNumberOrder())
        {
            if (field.IsMap)
            {
                ((IDictionary)field.Accessor.GetValue(message)).Add("key", "value");
            }
            else if (field.IsRepeated)
            {
                IList list = (IList)field.Accessor.GetValue(message);
                list.Add(Value(field, 0));
                list.Add(Value(field, 1));
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, 0));
            }
        }

        return message;
    }

    private static object Value(FieldDescriptor field, int index) => field.FieldType switch
    {
        FieldType.String => index == 0 ? field.Name : $"{field.Name} {index}",
        FieldType.Bytes => ByteString.CopyFromUtf8($"{field.Name} {index}"),
        FieldType.Bool => true,
        FieldType.Enum => field.EnumType.Values[^1].Number,
        FieldType.Int64 => 1_000_000_000_000L + field.FieldNumber,
        FieldType.UInt64 => 0x8000_0000_0000_0000UL + (ulong)field.FieldNumber,
        FieldType.UInt32 => 1000u + (uint)field.FieldNumber,
        FieldType.Message => Of(field.MessageType),
        _ => throw new InvalidOperationException($"No sample for a field of type {field.FieldType}: {field.FullName}."),
    };
}
