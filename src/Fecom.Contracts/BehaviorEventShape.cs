using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>
/// A cheap check of a raw event's JSON: required fields, types, ids, the event's type, the forms of its time and price.
/// It holds without any setting; bounds such as the oldest time or the highest price are validation's.
/// </summary>
public static class BehaviorEventShape
{
    /// <summary>Most characters of an id.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Most characters of a brand or a category path.</summary>
    public const int MaxTextLength = 256;

    private static readonly Field[] Fields =
    [
        new("event_time", Kind.Time, Required: true),
        new("event_type", Kind.Type, Required: true),
        new("product_id", Kind.Id, Required: true),
        new("user_id", Kind.Id, Required: true),
        new("user_session", Kind.Id, Required: true),
        new("price", Kind.Price, Required: true),
        new("category_id", Kind.Id, Required: false),
        new("category_code", Kind.Text, Required: false),
        new("brand", Kind.Text, Required: false),
        new("event_id", Kind.Id, Required: false),
    ];

    private enum Kind : byte
    {
        Time,
        Type,
        Id,
        Price,
        Text,
    }

    private enum Finding : byte
    {
        Absent,
        Good,
        Wrong,
        NotPositive,
    }

    /// <summary>Every error of the event; empty when it has the right shape. Of a field that stands twice the last counts.</summary>
    /// <param name="json">One JSON value in UTF-8.</param>
    public static IReadOnlyList<EventError> Check(ReadOnlySpan<byte> json)
    {
        Span<Finding> findings = stackalloc Finding[Fields.Length];
        findings.Clear();
        try
        {
            return Read(json, findings) is { } problem
                ? [new EventError("$", "json_object", problem)]
                : Errors(findings);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return [new EventError("$", "json_object", JsonFault.Describe(json, e))];
        }
    }

    private static string? Read(ReadOnlySpan<byte> json, Span<Finding> findings)
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return "an event is a JSON object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int field = FieldAt(ref reader);
            reader.Read();
            if (field >= 0)
            {
                findings[field] = Look(ref reader, Fields[field].Kind);
            }

            reader.Skip();
        }

        return reader.Read() ? "there is more after the event's closing brace" : null;
    }

    private static int FieldAt(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < Fields.Length; i++)
        {
            if (reader.ValueTextEquals(Fields[i].Utf8Name))
            {
                return i;
            }
        }

        return -1;
    }

    private static Finding Look(ref Utf8JsonReader reader, Kind kind)
    {
        if (
            reader.TokenType == JsonTokenType.Null
            || (reader.TokenType == JsonTokenType.String && reader.ValueSpan.IsEmpty)
        )
        {
            return Finding.Absent;
        }

        return kind == Kind.Price ? Price(ref reader)
            : IsGood(ref reader, kind) ? Finding.Good
            : Finding.Wrong;
    }

    private static Finding Price(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.Number || !reader.TryGetDecimal(out decimal price) ? Finding.Wrong
        : price > 0 ? Finding.Good
        : Finding.NotPositive;

    private static bool IsGood(ref Utf8JsonReader reader, Kind kind)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return kind == Kind.Id && IsInteger(reader.ValueSpan);
        }

        // An escape is six bytes at most for a character, a character four bytes at most.
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > 6 * MaxTextLength)
        {
            return false;
        }

        Span<char> buffer = stackalloc char[6 * MaxTextLength];
        ReadOnlySpan<char> text = buffer[..reader.CopyString(buffer)];
        return kind switch
        {
            Kind.Time => EventTimes.TryParse(text, out _),
            Kind.Type => BehaviorEventTypes.TryParse(text, out _),
            Kind.Id => text.Length <= MaxIdLength && IsPrintable(text),
            _ => text.Length <= MaxTextLength && !text.ContainsAnyInRange('\0', '\u001f'),
        };
    }

    private static bool IsInteger(ReadOnlySpan<byte> digits) =>
        digits.Length <= MaxIdLength
        && !digits[(digits[0] == '-' ? 1 : 0)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Whether a text has a visible character, and neither a control character nor a line or paragraph separator (U+2028, U+2029).</summary>
    public static bool IsPrintable(ReadOnlySpan<char> text)
    {
        bool visible = false;
        foreach (char c in text)
        {
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                return false;
            }

            visible |= !char.IsWhiteSpace(c);
        }

        return visible;
    }

    private static IReadOnlyList<EventError> Errors(ReadOnlySpan<Finding> findings)
    {
        List<EventError>? errors = null;
        for (int i = 0; i < Fields.Length; i++)
        {
            if (ErrorOf(Fields[i], findings[i]) is { } error)
            {
                (errors ??= []).Add(error);
            }
        }

        return errors ?? (IReadOnlyList<EventError>)[];
    }

    private static EventError? ErrorOf(Field field, Finding finding) =>
        (finding, field.Kind) switch
        {
            (Finding.Good, _) => null,
            (Finding.Absent, _) => field.Required
                ? new(field.Name, $"{field.Name}_present", $"{field.Name} is missing")
                : null,
            (Finding.NotPositive, _) => new(field.Name, "price_positive", "price is not above 0"),
            (_, Kind.Time) => new(field.Name, "event_time_format", EventTimes.Refusal),
            (_, Kind.Type) => new(
                field.Name,
                "event_type_known",
                $"event_type is none of {string.Join(", ", BehaviorEventTypes.Names)}"
            ),
            (_, Kind.Price) => new(field.Name, "price_number", "price is not a number"),
            (_, Kind.Id) => new(
                field.Name,
                $"{field.Name}_id",
                $"{field.Name} is neither an integer nor a string of 1 to {MaxIdLength} printable characters"
            ),
            _ => new(
                field.Name,
                $"{field.Name}_text",
                $"{field.Name} is not a string of up to {MaxTextLength} characters without control characters"
            ),
        };

    private sealed record Field(string Name, Kind Kind, bool Required)
    {
        public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);
    }
}
