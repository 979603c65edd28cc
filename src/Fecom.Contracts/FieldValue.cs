using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Fecom.Contracts;

/// <summary>A field of a raw event as it stood in the JSON.</summary>
/// <param name="Kind">The JSON type; <see cref="JsonTokenType.None"/> when the field is not there.</param>
/// <param name="Text">The text of a string or a number; null for anything else.</param>
public readonly record struct RawField(JsonTokenType Kind, string? Text)
{
    /// <summary>Not there, null, or an empty string.</summary>
    public bool IsMissing =>
        Kind is JsonTokenType.None or JsonTokenType.Null || (Kind == JsonTokenType.String && Text!.Length == 0);

    /// <summary>The number that a text is; null when it is none that a decimal holds.</summary>
    public static decimal? Decimal(string? text) =>
        decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out decimal number
        )
            ? number
            : null;

    /// <summary>Reads the value at which the reader stands, and leaves the reader at its end.</summary>
    public static RawField Read(ref Utf8JsonReader reader)
    {
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

    /// <summary>The same for a field whose texts repeat from event to event, such as a brand: they share one string.</summary>
    public static RawField ReadShared(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number
        || (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan))
            ? new RawField(reader.TokenType, SharedText.Get(reader.ValueSpan))
            : Read(ref reader);
}

/// <summary>A field of a raw event, and what it means where it came from: a change of a database writes times and decimals in its own ways.</summary>
/// <param name="Raw">As it stood in the JSON.</param>
/// <param name="Time">The time that it is, UTC; null when it is none.</param>
/// <param name="Number">The number that it is; null when it is none.</param>
/// <param name="IsUnscaled">Whether it came as a decimal's bytes without the scale, so that nobody knows its value.</param>
public readonly record struct FieldValue(
    RawField Raw,
    DateTime? Time = null,
    decimal? Number = null,
    bool IsUnscaled = false
)
{
    /// <summary>What a field means in an event that is no change: a text is a time, a number is a number.</summary>
    public static FieldValue Plain(in RawField raw) =>
        raw.Kind switch
        {
            JsonTokenType.String => new(raw, EventTimes.TryParse(raw.Text, out DateTime time) ? time : null),
            JsonTokenType.Number => new(raw, Number: RawField.Decimal(raw.Text)),
            _ => new(raw),
        };
}
