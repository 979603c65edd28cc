using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>
/// A cheap check of a raw event's JSON: required fields, types, ids, the event's type, the forms of its time and price.
/// It holds without any setting; bounds such as the oldest time or the highest price are validation's. What is good it knows by
/// itself, as every event of POST /events passes here; what is wrong the table says (<see cref="EventRules"/>), and a test holds
/// the two against each other.
/// </summary>
public static class BehaviorEventShape
{
    /// <summary>Most bytes of a text that may be good: an escape is six bytes at most for a character, a character four bytes at most.</summary>
    private const int MaxBytes = 6 * EventRules.MaxTextLength;

    private static readonly EventField[] Fields = [.. EventRules.Everywhere.Fields];

    /// <summary>What is broken in an event without any field.</summary>
    private static readonly EventRule?[] Absent = [.. Fields.Select(field => field.Missing)];

    private static readonly byte[][] Names = [.. Fields.Select(field => Encoding.UTF8.GetBytes(field.Name))];

    /// <summary>Every error of the event; empty when it has the right shape. Of a field that stands twice the last counts.</summary>
    /// <param name="json">One JSON value in UTF-8.</param>
    public static IReadOnlyList<EventError> Check(ReadOnlySpan<byte> json)
    {
        EventRule?[] broken = [.. Absent];
        try
        {
            return Read(json, broken) is { } problem ? [EventRules.NoEvent(problem)] : Errors(broken);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return [EventRules.NoEvent(JsonFault.Describe(json, e))];
        }
    }

    private static string? Read(ReadOnlySpan<byte> json, EventRule?[] broken)
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
                broken[field] = Look(ref reader, Fields[field]);
            }

            reader.Skip();
        }

        return reader.Read() ? "there is more after the event's closing brace" : null;
    }

    private static int FieldAt(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (reader.ValueTextEquals(Names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The rule that the value breaks; null when it breaks none. Most values are good, and of them no text is made.</summary>
    private static EventRule? Look(ref Utf8JsonReader reader, EventField field) =>
        IsGood(ref reader, field.Kind) ? null : field.Broken(FieldValue.Plain(RawField.Read(ref reader)));

    private static bool IsGood(ref Utf8JsonReader reader, EventFieldKind kind)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return kind switch
            {
                EventFieldKind.Id => IsInteger(reader.ValueSpan),
                EventFieldKind.Price => reader.TryGetDecimal(out decimal price) && price > 0,
                _ => false,
            };
        }

        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxBytes)
        {
            return false;
        }

        Span<char> buffer = stackalloc char[MaxBytes];
        ReadOnlySpan<char> text = buffer[..reader.CopyString(buffer)];
        return kind switch
        {
            EventFieldKind.Time => EventTimes.TryParse(text, out _),
            EventFieldKind.Type => BehaviorEventTypes.TryParse(text, out _),
            EventFieldKind.Id => text.Length <= EventRules.MaxIdLength && EventRules.IsPrintable(text),
            EventFieldKind.Text => text.Length <= EventRules.MaxTextLength && !text.ContainsAnyInRange('\0', '\u001f'),
            _ => false,
        };
    }

    private static bool IsInteger(ReadOnlySpan<byte> digits) =>
        digits.Length <= EventRules.MaxIdLength
        && !digits[(digits[0] == '-' ? 1 : 0)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static IReadOnlyList<EventError> Errors(EventRule?[] broken)
    {
        List<EventError>? errors = null;
        for (int i = 0; i < broken.Length; i++)
        {
            if (broken[i] is { } rule)
            {
                (errors ??= []).Add(Fields[i].Error(rule));
            }
        }

        return errors ?? (IReadOnlyList<EventError>)[];
    }
}
