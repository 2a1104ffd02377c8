using System.Text.Json;
using System.Text.Json.Serialization;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;

namespace CodeSign.Appliance.Store.Schema;

/// <summary>Attributes as a JSON object: the standard's name, and the value in base64.</summary>
internal sealed class AttributeSetJson : JsonConverter<AttributeSet>
{
    public override AttributeSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Attributes are an object.");
        }

        List<ObjectAttribute> attributes = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            attributes.Add(Enum.TryParse(name, out CKA type) && Enum.IsDefined(type)
                ? new ObjectAttribute(type, reader.GetBytesFromBase64())
                : throw new JsonException($"There is no attribute {name}."));
        }

        return new AttributeSet(attributes);
    }

    public override void Write(Utf8JsonWriter writer, AttributeSet value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (ObjectAttribute attribute in value)
        {
            writer.WriteBase64String(attribute.Type.ToString(), attribute.Value.Span);
        }

        writer.WriteEndObject();
    }
}
