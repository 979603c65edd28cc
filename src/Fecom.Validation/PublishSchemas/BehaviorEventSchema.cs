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

    private const string NoControlCharacters = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$";

    /// <summary>Version 1, whose events are still taken unless their time names no zone; and version 2.</summary>
    public static EventSchema[] Versions(ValidationRules rules) =>
        [
            Create(
                1,
                rules,
                TimeOfVersion1,
                "When it happened; without an offset it was UTC. Version 2 refuses a time without a zone."
            ),
            Create(2, rules, EventTimes.Pattern, "When it happened, with its zone."),
        ];

    private static EventSchema Create(int version, ValidationRules rules, string time, string timeMeans) =>
        EventSchema.Of(
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
                ["required"] = new JsonArray(
                    "event_time",
                    "event_type",
                    "product_id",
                    "price",
                    "user_id",
                    "user_session"
                ),
                ["properties"] = new JsonObject
                {
                    ["event_time"] = new JsonObject
                    {
                        ["description"] = timeMeans,
                        ["type"] = "string",
                        ["pattern"] = time,
                        ["examples"] = new JsonArray("2019-10-01 00:00:00 UTC", "2019-10-01T00:00:00Z"),
                    },
                    ["event_type"] = new JsonObject
                    {
                        ["enum"] = new JsonArray([.. BehaviorEventTypes.Names.Select(name => JsonValue.Create(name))]),
                    },
                    ["product_id"] = Reference("id"),
                    ["category_id"] = Optional("id"),
                    ["category_code"] = Optional("text"),
                    ["brand"] = Optional("text"),
                    ["price"] = new JsonObject
                    {
                        ["description"] = "Unit price in the shop's currency.",
                        ["type"] = "number",
                        ["exclusiveMinimum"] = 0,
                        ["maximum"] = rules.HighestPrice,
                    },
                    ["user_id"] = Reference("id"),
                    ["user_session"] = Reference("id"),
                    ["event_id"] = Optional("id"),
                },
                ["$defs"] = new JsonObject
                {
                    ["id"] = new JsonObject
                    {
                        ["description"] = "Opaque: 17 and \"17\" are the same id.",
                        ["anyOf"] = new JsonArray(
                            new JsonObject { ["type"] = "integer" },
                            new JsonObject
                            {
                                ["type"] = "string",
                                ["minLength"] = 1,
                                ["maxLength"] = BehaviorEventShape.MaxIdLength,
                                ["allOf"] = new JsonArray(Pattern(NoControlCharacters), Pattern("[^\\s]")),
                            }
                        ),
                    },
                    ["text"] = new JsonObject
                    {
                        ["type"] = "string",
                        ["maxLength"] = BehaviorEventShape.MaxTextLength,
                        ["pattern"] = "^[^\\u0000-\\u001f]*$",
                    },
                    ["absent"] = new JsonObject { ["enum"] = new JsonArray(null, "") },
                },
            }
        );

    private static JsonObject Reference(string definition) => new() { ["$ref"] = $"#/$defs/{definition}" };

    private static JsonObject Pattern(string pattern) => new() { ["pattern"] = pattern };

    private static JsonObject Optional(string definition) =>
        new() { ["anyOf"] = new JsonArray(Reference(definition), Reference("absent")) };
}
