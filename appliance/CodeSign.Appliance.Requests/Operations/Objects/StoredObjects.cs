using System.Runtime.CompilerServices;
using CodeSign.Appliance.Governance;
using CodeSign.Cryptoki.Templates;
using Google.Protobuf;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Appliance.Requests.Operations.Objects;

/// <summary>Objects that applications made, as they travel. Made once per record: records are immutable.</summary>
internal static class StoredObjects
{
    private static readonly ConditionalWeakTable<StoredObject, Object> Made = [];

    public static Object ToWire(StoredObject stored) => Made.GetValue(stored, static record =>
    {
        Object made = new() { Id = ByteString.CopyFrom(ObjectIds.Of(record.Id, record.Class)), Version = record.Version };
        foreach (ObjectAttribute attribute in record.Attributes)
        {
            made.Attributes.Add(new CodeSign.Wire.V1.Attribute { Type = (ulong)attribute.Type, Value = ByteString.CopyFrom(attribute.Value.Span) });
        }

        return made;
    });
}
