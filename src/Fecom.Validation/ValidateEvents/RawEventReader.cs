using System.Globalization;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Reads the JSON of a raw event. Unknown fields are passed over; of a field that stands twice the last counts.</summary>
internal static class RawEventReader
{
    /// <summary>Reads the event, or says why it is none.</summary>
    public static RawEvent? Read(ReadOnlySpan<byte> json, out string? problem)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                problem = $"an event is a JSON object, this is {Describe(reader.TokenType)}";
                return null;
            }

            RawEvent e = new();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadField(ref reader, e);
            }

            problem = reader.Read() ? "there is more after the event's closing brace" : null;
            return problem is null ? e : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = $"not JSON: {exception.Message}";
            return null;
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, RawEvent e)
    {
        if (reader.ValueTextEquals("event_time"u8))
        {
            e.EventTime = ReadValue(ref reader);
            e.Time = ParseTime(e.EventTime);
        }
        else if (reader.ValueTextEquals("event_type"u8))
        {
            e.EventType = ReadValue(ref reader);
            e.Type = e.EventType.Kind == JsonTokenType.String && BehaviorEventTypes.TryParse(e.EventType.Text, out BehaviorEventType type)
                ? type
                : null;
        }
        else if (reader.ValueTextEquals("price"u8))
        {
            e.Price = ReadValue(ref reader);
            e.Amount = ParsePrice(e.Price);
        }
        else if (reader.ValueTextEquals("product_id"u8))
        {
            e.ProductId = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("user_id"u8))
        {
            e.UserId = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("user_session"u8))
        {
            e.UserSession = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("category_id"u8))
        {
            e.CategoryId = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("category_code"u8))
        {
            e.CategoryCode = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("brand"u8))
        {
            e.Brand = ReadValue(ref reader);
        }
        else if (reader.ValueTextEquals("event_id"u8))
        {
            e.EventId = ReadValue(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    private static RawField ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonTokenType kind = reader.TokenType;
        string? text = kind switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => null,
        };
        reader.Skip();
        return new RawField(kind, text);
    }

    private static DateTime? ParseTime(in RawField field) =>
        field is { Kind: JsonTokenType.String, Text: { } text }
        && BehaviorEventShape.TryParseTime(text, out DateTime time)
            ? new DateTime(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc)
            : null;

    private static decimal? ParsePrice(in RawField field) =>
        field is { Kind: JsonTokenType.Number, Text: { } text }
        && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal price)
            ? price
            : null;

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
}
