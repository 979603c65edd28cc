using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>A raw event, read but not yet checked: fields as they came, and their values where these could be read.</summary>
internal sealed class RawEvent
{
    /// <summary>What the message tells of a table.</summary>
    public ChangeKind Kind { get; set; }

    /// <summary>The message tells of no new behaviour, so it is no event and its fields do not matter.</summary>
    public bool IsSkipped => Kind >= ChangeKind.Updated;

    /// <summary>Whether an unwrapped row did not say what happened to it.</summary>
    public bool LacksOp { get; set; }

    /// <summary>Of a change: its table as <c>schema.table</c>; null when it does not say.</summary>
    public string? Table { get; set; }

    /// <summary>Of a change that Fecom captured: place of the row's primary key in the message, an object as Debezium's key.</summary>
    public Range? SourceKey { get; set; }

    /// <summary>Of a change: place of the row in the message.</summary>
    public Range? Row { get; set; }

    /// <summary>Of a change with Connect's schema: the fields of the row that mean something else than they say.</summary>
    public IReadOnlyList<ConnectField> Converted { get; set; } = [];

    /// <summary>Fields of a change that came as a decimal's bytes without the scale, so that nobody knows their values.</summary>
    public IReadOnlyList<string> Unscaled { get; set; } = [];

    /// <summary>Whether any field of an event was there.</summary>
    public bool HasFields =>
        EventTime.Kind != JsonTokenType.None
        || EventType.Kind != JsonTokenType.None
        || ProductId.Kind != JsonTokenType.None
        || UserId.Kind != JsonTokenType.None
        || UserSession.Kind != JsonTokenType.None
        || Price.Kind != JsonTokenType.None;

    public RawField EventTime { get; set; }

    public RawField EventType { get; set; }

    public RawField ProductId { get; set; }

    public RawField CategoryId { get; set; }

    public RawField CategoryCode { get; set; }

    public RawField Brand { get; set; }

    public RawField Price { get; set; }

    public RawField UserId { get; set; }

    public RawField UserSession { get; set; }

    public RawField EventId { get; set; }

    /// <summary>The time, UTC to the microsecond; null when it is in none of the forms.</summary>
    public DateTime? Time { get; set; }

    /// <summary>The type; null when it is none of the four.</summary>
    public BehaviorEventType? Type { get; set; }

    /// <summary>The price; null when it is no number that a decimal holds.</summary>
    public decimal? Amount { get; set; }

    /// <summary>How a field of an event is found here, with what it means.</summary>
    /// <param name="field">Its name in JSON.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such field.</exception>
    public static Func<RawEvent, FieldValue> Field(string field) =>
        field switch
        {
            "event_time" => e => new(e.EventTime, e.Time),
            "event_type" => e => new(e.EventType),
            "price" => e => new(e.Price, Number: e.Amount, IsUnscaled: e.IsUnscaled("price")),
            "product_id" => e => new(e.ProductId, IsUnscaled: e.IsUnscaled("product_id")),
            "user_id" => e => new(e.UserId, IsUnscaled: e.IsUnscaled("user_id")),
            "user_session" => e => new(e.UserSession, IsUnscaled: e.IsUnscaled("user_session")),
            "category_id" => e => new(e.CategoryId, IsUnscaled: e.IsUnscaled("category_id")),
            "category_code" => e => new(e.CategoryCode),
            "brand" => e => new(e.Brand),
            "event_id" => e => new(e.EventId),
            _ => throw new ArgumentOutOfRangeException(nameof(field), field, "No field of an event."),
        };

    private bool IsUnscaled(string field) => Unscaled.Count > 0 && Unscaled.Contains(field);
}
