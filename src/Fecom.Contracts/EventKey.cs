using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>The fields that an event's JSON may have. The first ten are those of a raw event, in the order of <see cref="EventRules.Fields"/>; a validated event has all.</summary>
public enum EventKey : byte
{
    /// <summary><c>event_time</c>.</summary>
    EventTime,

    /// <summary><c>event_type</c>.</summary>
    EventType,

    /// <summary><c>product_id</c>.</summary>
    ProductId,

    /// <summary><c>user_id</c>.</summary>
    UserId,

    /// <summary><c>user_session</c>.</summary>
    UserSession,

    /// <summary><c>price</c>.</summary>
    Price,

    /// <summary><c>category_id</c>.</summary>
    CategoryId,

    /// <summary><c>category_code</c>.</summary>
    CategoryCode,

    /// <summary><c>brand</c>.</summary>
    Brand,

    /// <summary><c>event_id</c>: the client's own in a raw event, ours in a validated one.</summary>
    EventId,

    /// <summary><c>source</c>, of a validated event.</summary>
    Source,

    /// <summary><c>position</c>, of a validated event.</summary>
    Position,

    /// <summary><c>received_at</c>, of a validated event.</summary>
    ReceivedAt,

    /// <summary><c>validated_at</c>, of a validated event.</summary>
    ValidatedAt,

    /// <summary><c>lane</c>, of a validated event.</summary>
    Lane,

    /// <summary><c>late</c>, of a validated event.</summary>
    Late,

    /// <summary>A field that no event has.</summary>
    Other,
}

/// <summary>The names of an event's fields in JSON.</summary>
public static class EventKeys
{
    /// <summary>How many fields a raw event has: the keys from <see cref="EventKey.EventTime"/> to <see cref="EventKey.EventId"/>.</summary>
    public const int OfRawEvent = (int)EventKey.EventId + 1;

    private static readonly string[] Names =
    [
        .. Enum.GetValues<EventKey>()
            .Where(key => key != EventKey.Other)
            .Select(key => JsonNamingPolicy.SnakeCaseLower.ConvertName(key.ToString())),
    ];

    private static readonly byte[][] Utf8 = [.. Names.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The keys by the length of their names: no length has more than three.</summary>
    private static readonly EventKey[][] ByLength =
    [
        .. Enumerable
            .Range(0, Utf8.Max(name => name.Length) + 1)
            .Select(length =>
                Enum.GetValues<EventKey>()
                    .Where(key => key != EventKey.Other && Utf8[(int)key].Length == length)
                    .ToArray()
            ),
    ];

    /// <summary>The name in JSON.</summary>
    /// <exception cref="IndexOutOfRangeException">The key is <see cref="EventKey.Other"/>, which has no name.</exception>
    public static string Name(this EventKey key) => Names[(int)key];

    /// <summary>Whether a raw event has this field.</summary>
    public static bool IsOfRawEvent(this EventKey key) => key <= EventKey.EventId;

    /// <summary>The key of a name.</summary>
    public static EventKey Find(string name) =>
        Array.IndexOf(Names, name) is >= 0 and int at ? (EventKey)at : EventKey.Other;

    /// <summary>The key of the name at which the reader stands.</summary>
    public static EventKey Find(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? FindEscaped(ref reader) : Find(reader.ValueSpan);

    private static EventKey Find(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (EventKey key in ByLength[name.Length])
            {
                if (name.SequenceEqual(Utf8[(int)key]))
                {
                    return key;
                }
            }
        }

        return EventKey.Other;
    }

    private static EventKey FindEscaped(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < Utf8.Length; i++)
        {
            if (reader.ValueTextEquals(Utf8[i]))
            {
                return (EventKey)i;
            }
        }

        return EventKey.Other;
    }
}

/// <summary>A value for each field of a raw event, by its key, without an array of its own.</summary>
[InlineArray(EventKeys.OfRawEvent)]
public struct PerField<T>
{
    private T _first;
}
