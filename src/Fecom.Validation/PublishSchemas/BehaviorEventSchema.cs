using System.Text.Json.Nodes;
using Fecom.Contracts;
using Fecom.Validation.ValidateEvents;

namespace Fecom.Validation.PublishSchemas;

/// <summary>What validation takes, as far as a schema can say it: from the same bounds as its rules.</summary>
internal static class BehaviorEventSchema
{
    public const string Name = "behavior_event";

    /// <summary>What version 1 took: a time without an offset was read as UTC.</summary>
    private const string TimeOfVersion1 =
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])("
        + " ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})? UTC"
        + "|T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,20})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)$";

    /// <summary>Version 1, whose events are still taken unless their time names no zone; and version 2.</summary>
    public static EventSchema[] Versions(ValidationRules rules) =>
        [
            Create(
                1,
                rules,
                new JsonObject
                {
                    ["description"] =
                        "When it happened; without an offset it was UTC. Version 2 refuses a time without a zone.",
                    ["type"] = "string",
                    ["pattern"] = TimeOfVersion1,
                }
            ),
            Create(2, rules, time: null),
        ];

    /// <param name="version">Its number.</param>
    /// <param name="rules">The installation's bounds.</param>
    /// <param name="time">What <c>event_time</c> was in that version; null for what it is.</param>
    private static EventSchema Create(int version, ValidationRules rules, JsonObject? time)
    {
        EventRules table = new(rules.Bounds(TimeProvider.System));
        return EventSchema.Of(
            Name,
            version,
            "Behaviour event",
            new JsonObject
            {
                ["description"] =
                    "What a visitor did with one product: the body of POST /api/v1/events and a message of "
                    + Topics.RawUserBehavior
                    + ".",
                ["$comment"] =
                    $"Beyond this schema: event_time lies between {rules.OldestEventTime:yyyy-MM-dd} and {rules.FutureHours} hours from now and on a day "
                    + "of the calendar; integer ids are written without fraction and exponent; lengths count UTF-16 units; an event_id is taken once "
                    + $"within {rules.EventIdDays} days. Other fields are allowed and passed over.",
                ["type"] = "object",
                ["required"] = new JsonArray([
                    .. table
                        .Fields.Where(field => field.Missing is not null)
                        .Select(field => JsonValue.Create(field.Name)),
                ]),
                ["properties"] = new JsonObject(
                    table.Fields.Select(field =>
                        KeyValuePair.Create<string, JsonNode?>(
                            field.Name,
                            time is not null && field.Kind == EventFieldKind.Time ? time : Property(field)
                        )
                    )
                ),
            }
        );
    }

    /// <summary>What may be missing may also be null or empty.</summary>
    private static JsonObject Property(EventField field) =>
        field.Missing is not null
            ? field.Schema()
            : new JsonObject
            {
                ["anyOf"] = new JsonArray(field.Schema(), new JsonObject { ["enum"] = new JsonArray(null, "") }),
            };
}
