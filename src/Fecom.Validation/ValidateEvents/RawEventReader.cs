using System.Globalization;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Reads the JSON of a raw event: plain, in an envelope of Kafka Connect, as a change of Debezium, or in both. Unknown fields
/// are passed over; of a field that stands twice the last counts.
/// </summary>
/// <remarks>
/// Of changes, those that bring a row are events: <c>c</c> and, from a snapshot, <c>r</c>. What happened stays as it happened,
/// so <c>u</c>, <c>d</c> and <c>t</c> are no events and no errors; they are skipped. One pass over a plain event; only what
/// has none of an event's fields is looked at for another one within.
/// </remarks>
internal static class RawEventReader
{
    private static readonly RawEvent Skipped = new() { IsSkipped = true };

    /// <summary>Reads the event, or says why it is none.</summary>
    /// <param name="json">The message.</param>
    /// <param name="problem">Why there is no event.</param>
    /// <param name="ofChanges">
    /// Whether its topic carries changes: there a message without content follows a row that was removed, and an unwrapped row
    /// may have its decimals as text.
    /// </param>
    public static RawEvent? Read(ReadOnlySpan<byte> json, out string? problem, bool ofChanges = false)
    {
        problem = null;
        if (ofChanges && json.IsEmpty)
        {
            return Skipped;
        }

        try
        {
            return ReadMessage(json, out problem, ofChanges);
        }
        catch (Exception exception) when (JsonFault.Is(exception))
        {
            problem = JsonFault.Describe(json, exception);
            return null;
        }
    }

    private static RawEvent? ReadMessage(ReadOnlySpan<byte> json, out string? problem, bool ofChanges)
    {
        RawEvent e = new();
        Wrapping wrapping = default;
        problem = ReadObject(json, e, ref wrapping);
        ReadOnlySpan<byte> schema = [];
        if (problem is null && wrapping.IsEnvelope && !e.HasFields)
        {
            if (wrapping.IsEmptyEnvelope)
            {
                return Skipped;
            }

            ofChanges = true;
            schema = wrapping.Schema is { } place ? json[place] : [];
            json = json[wrapping.Payload];
            wrapping = default;
            problem = ReadObject(json, e, ref wrapping);
        }

        if (problem is null && wrapping.IsChange && !e.HasFields)
        {
            if (Wrapping.BringsNoRow(wrapping.Op))
            {
                return Skipped;
            }

            ofChanges = true;
            problem = ReadRow(json, e, ref wrapping);
        }
        else if (wrapping.IsUnwrappedSkip)
        {
            return Skipped;
        }

        if (problem is not null)
        {
            return null;
        }

        if (ofChanges || wrapping.IsUnwrapped)
        {
            Convert(e, schema.IsEmpty ? [] : ConnectSchema.Read(schema));
        }

        return e;
    }

    private static string? ReadRow(ReadOnlySpan<byte> json, RawEvent e, ref Wrapping wrapping)
    {
        if (wrapping.Op is not ("c" or "r"))
        {
            return "the change's op is none of c, r, u, d, t";
        }

        if (wrapping.After is not { } after)
        {
            return "the change brings a row, but its after is no object";
        }

        wrapping = default;
        return ReadObject(json[after], e, ref wrapping);
    }

    private static string? ReadObject(ReadOnlySpan<byte> json, RawEvent e, ref Wrapping wrapping)
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return $"an event is a JSON object, this is {Describe(reader.TokenType)}";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref reader, e, ref wrapping);
        }

        return reader.Read() ? "there is more after the event's closing brace" : null;
    }

    /// <summary>Gives the values of a row of a change their meaning.</summary>
    private static void Convert(RawEvent e, ConnectField[] fields)
    {
        foreach (ConnectField field in fields)
        {
            if (field.Form != ConnectForm.Decimal)
            {
                e.Time = field.Name == "event_time" && e.EventTime is { Kind: JsonTokenType.Number, Text: { } time } ? ConnectValues.Time(time, field.Form) : e.Time;
                continue;
            }

            switch (field.Name)
            {
                case "price":
                    e.Price = Number(e.Price, field.Scale);
                    break;
                case "product_id":
                    e.ProductId = Number(e.ProductId, field.Scale);
                    break;
                case "category_id":
                    e.CategoryId = Number(e.CategoryId, field.Scale);
                    break;
                case "user_id":
                    e.UserId = Number(e.UserId, field.Scale);
                    break;
                case "user_session":
                    e.UserSession = Number(e.UserSession, field.Scale);
                    break;
            }
        }

        // A connector writes a decimal as a number, or, so as to lose nothing, as text.
        e.Amount = e.Price is { Kind: JsonTokenType.String, Text: { } text } ? ParseDecimal(text) : ParsePrice(e.Price);
    }

    /// <summary>Bytes that are no decimal stay what they are: text, which no number's rule takes.</summary>
    private static RawField Number(in RawField field, int scale) =>
        field.Kind == JsonTokenType.String && ConnectValues.Number(field.Text, scale) is { } number ? new RawField(JsonTokenType.Number, number) : field;

    private static void ReadField(ref Utf8JsonReader reader, RawEvent e, ref Wrapping wrapping)
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
            wrapping.Take(ref reader);
        }
    }

    private static RawField ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonTokenType kind = reader.TokenType;
        if (kind == JsonTokenType.StartObject)
        {
            return ConnectValues.VariableScaleDecimal(ref reader) is { } number ? new RawField(JsonTokenType.Number, number) : new RawField(kind, null);
        }

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
        field switch
        {
            { Kind: JsonTokenType.String, Text: { } text } when EventTimes.TryParse(text, out DateTime time) => time,
            { Kind: JsonTokenType.Number, Text: { } number } => ConnectValues.Time(number),
            _ => null,
        };

    private static decimal? ParsePrice(in RawField field) => field is { Kind: JsonTokenType.Number, Text: { } text } ? ParseDecimal(text) : null;

    private static decimal? ParseDecimal(string text) =>
        decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out decimal price
        )
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
