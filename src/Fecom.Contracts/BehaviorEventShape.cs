using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>
/// A cheap check of a raw event's JSON: required fields, types, ids, the event's type, the forms of its time and price.
/// It holds without any setting; bounds such as the oldest time or the highest price are validation's. What is good it knows by
/// itself, as every event of POST /events passes here; what is wrong the table says (<see cref="EventRules"/>), and a test holds
/// the two against each other.
/// </summary>
public struct BehaviorEventShape : IEventFields
{
    /// <summary>The maximum number of bytes of a text that may be good: an escape is six bytes at most for a character, a character four bytes at most.</summary>
    private const int MaxBytes = 6 * EventRules.MaxTextLength;

    private static readonly EventField[] Fields = [.. EventRules.Everywhere.Fields];

    /// <summary>The rule that each field breaks.</summary>
    private PerField<EventRule?> _broken;

    /// <summary>An event without any field.</summary>
    public BehaviorEventShape()
    {
        foreach (EventField field in Fields)
        {
            _broken[(int)field.Key] = field.Missing;
        }
    }

    /// <summary>Every error of the event; empty when it has the right shape.</summary>
    /// <param name="json">One JSON value in UTF-8.</param>
    public static IReadOnlyList<EventError> Check(ReadOnlySpan<byte> json)
    {
        BehaviorEventShape shape = new();
        return EventReader.TryRead(json, ref shape) is { } problem ? [EventRules.NoEvent(problem)] : shape.Errors();
    }

    /// <inheritdoc/>
    public void Take(EventKey key, ref Utf8JsonReader reader)
    {
        if (key.IsOfRawEvent())
        {
            reader.Read();
            _broken[(int)key] = Broken(ref reader, Fields[(int)key]);
        }
    }

    /// <summary>Every error of the fields that were taken, and of those that are missing.</summary>
    public readonly IReadOnlyList<EventError> Errors()
    {
        List<EventError>? errors = null;
        foreach (EventField field in Fields)
        {
            if (_broken[(int)field.Key] is { } rule)
            {
                (errors ??= []).Add(field.Error(rule));
            }
        }

        return errors ?? (IReadOnlyList<EventError>)[];
    }

    /// <summary>The rule that the value breaks; null when it breaks none. Most values are good, and of them no text is made.</summary>
    private static EventRule? Broken(ref Utf8JsonReader reader, EventField field) =>
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
}
