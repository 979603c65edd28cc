using System.Text.Json.Nodes;
using Fecom.Contracts;

namespace Fecom.Validation.PublishSchemas;

/// <summary>A behaviour event as Avro: what a shop's serializer registers, and fills in.</summary>
internal static class AvroEventSchema
{
    public const string Name = "behavior_event_avro";

    public static EventSchema Create() =>
        new(
            Name,
            1,
            new JsonObject
            {
                ["type"] = "record",
                ["name"] = "BehaviorEvent",
                ["namespace"] = "fecom",
                ["doc"] = $"What a visitor did with one product: a message of {Topics.RawUserBehavior}.",
                ["fields"] = new JsonArray([.. EventRules.Everywhere.Fields.Select(Field)]),
            }
        )
        {
            Title = "Behaviour event, Avro",
            MediaType = EventSchema.Avro,
        };

    /// <summary>What may be missing may be null, and is so unless it is set.</summary>
    private static JsonObject Field(EventField field)
    {
        JsonObject described = new() { ["name"] = field.Name };
        JsonNode type = Type(field);
        if (field.Missing is null)
        {
            described["type"] = new JsonArray("null", type);
            described["default"] = null;
        }
        else
        {
            described["type"] = type;
        }

        described["doc"] = field.Description;
        return described;
    }

    private static JsonNode Type(EventField field) =>
        field.Key switch
        {
            EventKey.EventTime => new JsonObject { ["type"] = "long", ["logicalType"] = "timestamp-micros" },
            EventKey.EventType => new JsonObject
            {
                ["type"] = "enum",
                ["name"] = "EventType",
                ["symbols"] = new JsonArray([.. BehaviorEventTypes.Names.Select(name => JsonValue.Create(name))]),
            },
            EventKey.Price => "double",
            _ => "string",
        };
}
