using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>
/// How entities are written. A member this version doesn't know is refused: it may narrow a right. A member that an older version
/// didn't write has its default, which is why this is not source generated: generated code sets init-only members to zero then, and an
/// enabled identity would come back disabled.
/// </summary>
internal static class EntityJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        JsonSerializerOptions options = new()
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            IgnoreReadOnlyProperties = true,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
        options.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        options.Converters.Add(new AttributeSetJson());
        options.MakeReadOnly();
        return options;
    }
}
