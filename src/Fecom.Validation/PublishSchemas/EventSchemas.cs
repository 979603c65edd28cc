using System.Text.Json.Nodes;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.PublishSchemas;

/// <summary>A published schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">From 1; a change that refuses what was accepted, or removes a field, is a new version.</param>
/// <param name="Document">The schema, JSON Schema 2020-12 or Avro.</param>
internal sealed record EventSchema(string Name, int Version, JsonObject Document)
{
    /// <summary>What it describes, in a few words.</summary>
    public string Title { get; init; } = (string?)Document["title"] ?? Name;

    /// <summary>The media type of the document.</summary>
    public string MediaType { get; init; } = JsonSchema;

    /// <summary>That of JSON Schema.</summary>
    public const string JsonSchema = "application/schema+json";

    /// <summary>That of Avro's schemas, which have none of their own.</summary>
    public const string Avro = "application/json";

    /// <summary>Puts the schema's own fields before those of <paramref name="content"/>.</summary>
    public static EventSchema Of(string name, int version, string title, JsonObject content)
    {
        JsonObject document = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = $"urn:fecom:schema:{name}:{version}",
            ["title"] = title,
        };
        foreach ((string key, JsonNode? value) in content.ToArray())
        {
            content.Remove(key);
            document[key] = value;
        }

        return new EventSchema(name, version, document);
    }
}

/// <summary>Every schema in every version, oldest first. Bounds that are settings stand in them as they are set here.</summary>
internal sealed class EventSchemas(IOptions<ValidationRules> rules)
{
    public IReadOnlyList<EventSchema> All { get; } =
    [.. BehaviorEventSchema.Versions(rules.Value), AvroEventSchema.Create(), ValidatedEventSchema.Create()];

    /// <summary>A version, or the newest one.</summary>
    public EventSchema? Find(string name, int? version) =>
        All.LastOrDefault(schema => schema.Name == name && (version is null || schema.Version == version));
}
