using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.Contracts;

/// <summary>Ids of products, users, sessions and categories: an integer or a string; both spellings of a number are one id.</summary>
public static class OpaqueId
{
    /// <summary>The end of the message about an invalid id; the field's name comes before it.</summary>
    public const string Expected = "is neither an integer nor a string of 1 to 64 printable characters";

    /// <summary>Whether a text is a valid id, by the same rule as validation's, so that every call accepts the ids that an event may have.</summary>
    public static bool IsValid(string? id) =>
        id is not null && id.Length <= EventRules.MaxIdLength && EventRules.IsPrintable(id);
}

/// <summary>Reads an id. Anything but an integer or a string is read as the empty text, so that the check that follows can name the field.</summary>
public sealed class OpaqueIdConverter : JsonConverter<string>
{
    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number:
                // A body arrives in buffers, and a number may span two of them.
                ReadOnlySpan<byte> number = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
                return number.ContainsAny(".eE"u8) ? "" : Encoding.UTF8.GetString(number);
            default:
                reader.Skip();
                return "";
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}

/// <summary>Reads a list of ids, each as <see cref="OpaqueIdConverter"/> does.</summary>
public sealed class OpaqueIdListConverter : JsonConverter<IReadOnlyList<string>>
{
    private static readonly OpaqueIdConverter Id = new();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    )
    {
        List<string> ids = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ids.Add(Id.Read(ref reader, typeof(string), options) ?? "");
        }

        return ids;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (string id in value)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
    }
}
