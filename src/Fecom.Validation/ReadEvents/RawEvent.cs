using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>A raw event, read but not yet checked: fields as they came, and their values where these could be read.</summary>
internal sealed class RawEvent
{
    private PerField<RawField> _fields;

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
    public IReadOnlyList<EventKey> Unscaled { get; set; } = [];

    /// <summary>Whether any field was there that an event must have.</summary>
    public bool HasFields { get; private set; }

    /// <summary>A field of a raw event, as it came.</summary>
    public RawField this[EventKey key]
    {
        get => _fields[(int)key];
        set
        {
            _fields[(int)key] = value;
            HasFields |= key <= EventKey.Price;
        }
    }

    /// <summary>The time, UTC to the microsecond; null when it is in none of the forms.</summary>
    public DateTime? Time { get; set; }

    /// <summary>The type; null when it is none of the four.</summary>
    public BehaviorEventType? Type { get; set; }

    /// <summary>The price; null when it is no number that a decimal holds.</summary>
    public decimal? Amount { get; set; }

    /// <summary>Forgets everything, so that it can be filled again.</summary>
    public void Clear()
    {
        _fields = default;
        (Kind, LacksOp, HasFields) = (default, false, false);
        (Table, SourceKey, Row) = (null, null, null);
        (Converted, Unscaled) = ([], []);
        (Time, Type, Amount) = (null, null, null);
    }

    /// <summary>A field with what it means here.</summary>
    public FieldValue Value(EventKey key) =>
        new(
            _fields[(int)key],
            key == EventKey.EventTime ? Time : null,
            key == EventKey.Price ? Amount : null,
            Unscaled.Count > 0 && Unscaled.Contains(key)
        );
}
