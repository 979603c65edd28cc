using System.Text.Json.Nodes;
using Fecom.Contracts;

namespace Fecom.Validation.PublishSchemas;

/// <summary>What validation gives: a message of the validated topic.</summary>
internal static class ValidatedEventSchema
{
    public const string Name = "validated_behavior_event";

    public static EventSchema Create() =>
        EventSchema.Of(
            Name,
            1,
            "Validated behaviour event",
            new JsonObject
            {
                ["description"] =
                    $"A message of {Topics.ValidatedUserBehavior}. What the shop did not say is left out.",
                ["type"] = "object",
                ["required"] = new JsonArray(
                    "event_id",
                    "event_time",
                    "event_type",
                    "product_id",
                    "price",
                    "user_id",
                    "user_session",
                    "source",
                    "position",
                    "received_at",
                    "validated_at"
                ),
                ["properties"] = new JsonObject
                {
                    ["event_id"] = Text(
                        "Names the event wherever it is sent again: a hash of source and position, or the client's own id.",
                        "uuid"
                    ),
                    ["event_time"] = Text("When it happened, UTC.", "date-time"),
                    ["event_type"] = new JsonObject
                    {
                        ["enum"] = new JsonArray([.. BehaviorEventTypes.Names.Select(name => JsonValue.Create(name))]),
                    },
                    ["product_id"] = Id(),
                    ["category_id"] = Id(),
                    ["category_code"] = Text("Dotted category path.", null),
                    ["brand"] = Text("Brand name.", null),
                    ["price"] = new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 },
                    ["user_id"] = Id(),
                    ["user_session"] = Id(),
                    ["source"] = Text(
                        "Where it came from: file:NAME@FINGERPRINT, api, kafka:CLUSTER/TOPIC/PARTITION.",
                        null
                    ),
                    ["position"] = new JsonObject { ["type"] = "integer", ["description"] = "Place in the source." },
                    ["received_at"] = Text("When Fecom first took it in, UTC.", "date-time"),
                    ["validated_at"] = Text("When validation passed it, UTC.", "date-time"),
                    ["lane"] = new JsonObject
                    {
                        ["type"] = "integer",
                        ["description"] = "Partition of the raw topic that it came through.",
                    },
                    ["late"] = new JsonObject
                    {
                        ["type"] = "boolean",
                        ["description"] = "True when it was received much later than it happened; otherwise left out.",
                    },
                },
            }
        );

    private static JsonObject Text(string description, string? format)
    {
        JsonObject text = new() { ["type"] = "string", ["description"] = description };
        if (format is not null)
        {
            text["format"] = format;
        }

        return text;
    }

    private static JsonObject Id() =>
        new()
        {
            ["type"] = "string",
            ["minLength"] = 1,
            ["maxLength"] = EventRules.MaxIdLength,
        };
}
