using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>Takes the fields of an event as <see cref="EventReader"/> comes to them.</summary>
public interface IEventFields
{
    /// <summary>Takes a field, or leaves it: what is not read is passed over.</summary>
    /// <param name="key">Which field it is.</param>
    /// <param name="reader">Stands at the field's name; may be left there, at the value, or at the value's end.</param>
    void Take(EventKey key, ref Utf8JsonReader reader);
}

/// <summary>
/// Reads the JSON of an event, wherever it comes from: POST /events, the raw topics, the outbox, the validated topic. Each way in says by
/// its <see cref="IEventFields"/> what it takes of the fields; what an event's JSON is, and what its fields are called, is here alone.
/// Unknown fields are passed over; of a field that stands twice the last counts.
/// </summary>
/// <remarks>Generic over a struct, so that each way in gets a loop of its own, without calls through an interface.</remarks>
public static class EventReader
{
    /// <summary>Reads one event.</summary>
    /// <param name="json">One JSON value in UTF-8.</param>
    /// <param name="fields">Takes the fields.</param>
    /// <returns>What it is instead of an event; null when it is one.</returns>
    /// <exception cref="JsonException">It is not JSON: see <see cref="JsonFault"/>.</exception>
    public static string? Read<T>(ReadOnlySpan<byte> json, ref T fields)
        where T : struct, IEventFields
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return $"an event is a JSON object, this is {Describe(reader.TokenType)}";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            fields.Take(EventKeys.Find(ref reader), ref reader);
            reader.Skip();
        }

        return reader.Read() ? "there is more after the event's closing brace" : null;
    }

    /// <summary>The same, where what is not JSON is no event either.</summary>
    /// <returns>What it is instead of an event, for its sender; null when it is one.</returns>
    public static string? TryRead<T>(ReadOnlySpan<byte> json, ref T fields)
        where T : struct, IEventFields
    {
        try
        {
            return Read(json, ref fields);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return JsonFault.Describe(json, e);
        }
    }

    /// <summary>Reads one field of an event.</summary>
    /// <param name="json">An event that <see cref="Read"/> takes.</param>
    /// <param name="key">Which field.</param>
    public static RawField Field(ReadOnlySpan<byte> json, EventKey key)
    {
        OneField field = new(key);
        Read(json, ref field);
        return field.Value;
    }

    private static string Describe(JsonTokenType kind) =>
        kind switch
        {
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "a boolean",
            JsonTokenType.Null => "null",
            _ => "empty",
        };

    private struct OneField(EventKey wanted) : IEventFields
    {
        public RawField Value { get; private set; }

        public void Take(EventKey key, ref Utf8JsonReader reader)
        {
            if (key == wanted)
            {
                reader.Read();
                Value = RawField.Read(ref reader);
            }
        }
    }
}
