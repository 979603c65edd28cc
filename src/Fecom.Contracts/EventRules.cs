using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fecom.Contracts;

/// <summary>Whether a field passes a rule.</summary>
public delegate bool EventTest(in FieldValue value);

/// <summary>One rule of a field of an event.</summary>
/// <param name="Name">What it is called in errors, counts and filters, such as <c>price_positive</c>.</param>
/// <param name="Message">What is wrong when it does not hold, for a person; begins with the field's name.</param>
/// <param name="Holds">The rule itself. It is asked only when the rules before it hold, and of a field that is there.</param>
/// <param name="Schema">What of it JSON Schema can say; null when that is nothing.</param>
public sealed record EventRule(string Name, string Message, EventTest Holds, JsonObject? Schema = null);

/// <summary>What kinds of fields an event has.</summary>
public enum EventFieldKind : byte
{
    /// <summary>When it happened.</summary>
    Time,

    /// <summary>What the visitor did.</summary>
    Type,

    /// <summary>An opaque id.</summary>
    Id,

    /// <summary>A price.</summary>
    Price,

    /// <summary>A text of the shop's.</summary>
    Text,
}

/// <summary>A field of an event.</summary>
/// <param name="Key">Which field it is.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Description">What it says, for people.</param>
/// <param name="Missing">The rule that is broken where it is missing; null when it may be.</param>
/// <param name="Rules">What holds of it where it is there: the first one that is broken is its error.</param>
public sealed record EventField(
    EventKey Key,
    EventFieldKind Kind,
    string Description,
    EventRule? Missing,
    IReadOnlyList<EventRule> Rules
)
{
    /// <summary>Its name in JSON.</summary>
    public string Name => Key.Name();

    /// <summary>The first rule that the value breaks; null when it breaks none.</summary>
    public EventRule? Broken(in FieldValue value)
    {
        if (value.Raw.IsMissing)
        {
            return Missing;
        }

        // By index: an enumerator of a list's interface is an object, and this is asked ten times an event.
        for (int i = 0; i < Rules.Count; i++)
        {
            if (!Rules[i].Holds(value))
            {
                return Rules[i];
            }
        }

        return null;
    }

    /// <summary>The error of breaking a rule of this field.</summary>
    public EventError Error(EventRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new EventError(Name, rule.Name, rule.Message);
    }

    /// <summary>The field in JSON Schema: what its rules say of it, one after the other.</summary>
    public JsonObject Schema()
    {
        JsonObject schema = new() { ["description"] = Description };
        foreach ((string keyword, JsonNode? argument) in Rules.SelectMany(rule => rule.Schema ?? []))
        {
            schema.Add(keyword, argument?.DeepClone());
        }

        return schema;
    }
}

/// <summary>Bounds that are a setting of the installation.</summary>
/// <param name="OldestTime">Oldest time that an event may have, UTC.</param>
/// <param name="FutureHours">Hours that its time may lie in the future.</param>
/// <param name="HighestPrice">Highest price.</param>
/// <param name="Clock">Tells what the future is.</param>
public sealed record EventBounds(DateTime OldestTime, int FutureHours, decimal HighestPrice, TimeProvider Clock);

/// <summary>
/// The table of all rules of an event: the one place where a field, a rule or what is said of it is changed. Validation's checks,
/// the check of POST /events, the published JSON Schema and the API's description are made of it.
/// </summary>
public sealed class EventRules
{
    /// <summary>The maximum number of characters of an id.</summary>
    public const int MaxIdLength = 64;

    /// <summary>The maximum number of characters of a brand or a category path.</summary>
    public const int MaxTextLength = 256;

    private const string Unscaled =
        "came as the bytes of a decimal without its scale, so its value is not known: have the connector write decimals as text with decimal.handling.mode=string, or with their schema, value.converter.schemas.enable=true";

    private const string Printable = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$";

    /// <param name="bounds">The installation's bounds; null for the rules that hold everywhere.</param>
    public EventRules(EventBounds? bounds = null) =>
        Fields = [
            Field(
                EventKey.EventTime,
                EventFieldKind.Time,
                "When it happened, with its zone.",
                isRequired: true,
                Time(bounds)
            ),
            Field(
                EventKey.EventType,
                EventFieldKind.Type,
                "What the visitor did.",
                isRequired: true,
                new EventRule(
                    "event_type_known",
                    $"event_type is none of {string.Join(", ", BehaviorEventTypes.Names)}",
                    static (in FieldValue value) =>
                        value.Raw.Kind == JsonTokenType.String && BehaviorEventTypes.TryParse(value.Raw.Text, out _),
                    new JsonObject
                    {
                        ["enum"] = new JsonArray([.. BehaviorEventTypes.Names.Select(name => JsonValue.Create(name))]),
                    }
                )
            ),
            Id(EventKey.ProductId, "The product.", isRequired: true),
            Id(EventKey.UserId, "The visitor.", isRequired: true),
            Id(EventKey.UserSession, "The visit.", isRequired: true),
            Field(
                EventKey.Price,
                EventFieldKind.Price,
                "Unit price in the shop's currency.",
                isRequired: true,
                Price(bounds)
            ),
            Id(EventKey.CategoryId, "The product's category.", isRequired: false),
            Text(EventKey.CategoryCode, "Dotted path of the category, such as electronics.smartphone."),
            Text(EventKey.Brand, "The brand's name."),
            Id(
                EventKey.EventId,
                "The client's own id of the event, which makes sending it again harmless.",
                isRequired: false
            ),
        ];

    /// <summary>The rules that hold everywhere.</summary>
    public static EventRules Everywhere { get; } = new();

    /// <summary>Every field of a raw event, in the order of their keys.</summary>
    public IReadOnlyList<EventField> Fields { get; }

    /// <summary>The error of what is no event at all.</summary>
    /// <param name="problem">What it is instead.</param>
    public static EventError NoEvent(string problem) => new("$", "json_object", problem);

    /// <summary>Every error of an event, in the order of the fields.</summary>
    /// <param name="valueOf">What the event has in a field.</param>
    public IEnumerable<EventError> Errors(Func<EventField, FieldValue> valueOf)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        return Fields
            .Select(field => field.Broken(valueOf(field)) is { } rule ? field.Error(rule) : null)
            .OfType<EventError>();
    }

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

    private static EventRule[] Time(EventBounds? bounds)
    {
        EventRule form = new(
            "event_time_format",
            EventTimes.Refusal,
            static (in FieldValue value) => value.Time is not null,
            new JsonObject
            {
                ["type"] = "string",
                ["pattern"] = EventTimes.Pattern,
                ["examples"] = new JsonArray("2019-10-01 00:00:00 UTC", "2019-10-01T00:00:00Z"),
            }
        );
        return bounds is null
            ? [form]
            :
            [
                form,
                new(
                    "event_time_oldest",
                    $"event_time is before {bounds.OldestTime:yyyy-MM-dd}",
                    (in FieldValue value) => value.Time >= bounds.OldestTime
                ),
                new(
                    "event_time_future",
                    $"event_time is more than {bounds.FutureHours} hours in the future",
                    (in FieldValue value) =>
                        value.Time <= bounds.Clock.GetUtcNow().UtcDateTime.AddHours(bounds.FutureHours)
                ),
            ];
    }

    private static EventRule[] Price(EventBounds? bounds)
    {
        EventRule[] rules =
        [
            Scale(EventKey.Price),
            new(
                "price_number",
                "price is not a number",
                static (in FieldValue value) => value.Number is not null,
                new JsonObject { ["type"] = "number" }
            ),
            new(
                "price_positive",
                "price is not above 0",
                static (in FieldValue value) => value.Number > 0,
                new JsonObject { ["exclusiveMinimum"] = 0 }
            ),
        ];
        return bounds is null
            ? rules
            :
            [
                .. rules,
                new(
                    "price_highest",
                    string.Create(CultureInfo.InvariantCulture, $"price is above {bounds.HighestPrice}"),
                    (in FieldValue value) => value.Number <= bounds.HighestPrice,
                    new JsonObject { ["maximum"] = bounds.HighestPrice }
                ),
            ];
    }

    private static EventField Id(EventKey key, string description, bool isRequired) =>
        Field(
            key,
            EventFieldKind.Id,
            $"{description} Opaque: 17 and \"17\" are the same id.",
            isRequired,
            new EventRule(
                $"{key.Name()}_id",
                $"{key.Name()} is neither an integer nor a string of 1 to {MaxIdLength} printable characters",
                static (in FieldValue value) => IsId(value.Raw),
                new JsonObject
                {
                    ["anyOf"] = new JsonArray(
                        new JsonObject { ["type"] = "integer" },
                        new JsonObject
                        {
                            ["type"] = "string",
                            ["minLength"] = 1,
                            ["maxLength"] = MaxIdLength,
                            ["allOf"] = new JsonArray(
                                new JsonObject { ["pattern"] = Printable },
                                new JsonObject { ["pattern"] = "[^\\s]" }
                            ),
                        }
                    ),
                }
            ),
            Scale(key)
        );

    private static EventField Text(EventKey key, string description) =>
        Field(
            key,
            EventFieldKind.Text,
            description,
            isRequired: false,
            new EventRule(
                $"{key.Name()}_text",
                $"{key.Name()} is not a string of up to {MaxTextLength} characters without control characters",
                static (in FieldValue value) =>
                    value.Raw is { Kind: JsonTokenType.String, Text: { Length: <= MaxTextLength } text }
                    && !text.AsSpan().ContainsAnyInRange('\0', '\u001f'),
                new JsonObject
                {
                    ["type"] = "string",
                    ["maxLength"] = MaxTextLength,
                    ["pattern"] = "^[^\\u0000-\\u001f]*$",
                }
            )
        );

    /// <summary>Only a change of a database can break it.</summary>
    private static EventRule Scale(EventKey key) =>
        new($"{key.Name()}_scale", $"{key.Name()} {Unscaled}", static (in FieldValue value) => !value.IsUnscaled);

    private static EventField Field(
        EventKey key,
        EventFieldKind kind,
        string description,
        bool isRequired,
        params EventRule[] rules
    ) =>
        new(
            key,
            kind,
            description,
            isRequired
                ? new EventRule(
                    $"{key.Name()}_present",
                    $"{key.Name()} is missing",
                    static (in FieldValue value) => !value.Raw.IsMissing
                )
                : null,
            rules
        );

    private static bool IsId(in RawField field) =>
        field.Text is { Length: <= MaxIdLength } text
        && (
            field.Kind == JsonTokenType.String
                ? IsPrintable(text)
                : !text.AsSpan(text[0] == '-' ? 1 : 0).ContainsAnyExceptInRange('0', '9')
        );
}
