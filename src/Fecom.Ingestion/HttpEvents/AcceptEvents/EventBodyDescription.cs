using System.Text.Json.Nodes;
using Fecom.Contracts;
using Fecom.Ingestion.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The body of the call in the API's description, with examples.</summary>
internal static class EventBodyDescription
{
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";

    private const string View = """
        {"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":"electronics.smartphone","brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}
        """;

    private const string Cart = """
        {"event_id":"order-1001-cart","event_time":"2019-10-01T00:01:10Z","event_type":"cart","product_id":"44600062","price":35.79,"user_id":"541312140","user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}
        """;

    /// <summary>Has the right shape, and is refused by validation: what follows is seen at <c>/invalid-events</c>.</summary>
    private const string TooOld = """
        {"event_time":"1999-01-01T00:00:00Z","event_type":"view","product_id":"44600062","price":35.79,"user_id":"541312140","user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}
        """;

    public static RouteHandlerBuilder DescribeEventBody(this RouteHandlerBuilder call) =>
        call.AddOpenApiOperationTransformer(
            (operation, _, _) =>
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(
                    new OpenApiParameter
                    {
                        Name = IdempotencyHeader.Name,
                        In = ParameterLocation.Header,
                        Description =
                            "Names the call, so that it may be sent again when its answer did not come: a text of 1 to 255 printable characters, such as a UUID.",
                        Schema = new OpenApiSchema
                        {
                            Type = JsonSchemaType.String,
                            MinLength = 1,
                            MaxLength = IdempotencyKey.MaxLength,
                        },
                    }
                );
                operation.RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Description =
                        $"An event, an array of events, or one event a line. Ids are integers or strings of up to {EventRules.MaxIdLength} printable characters.",
                    Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                    {
                        [Json] = new()
                        {
                            Schema = new OpenApiSchema
                            {
                                AnyOf =
                                [
                                    EventSchema(),
                                    new OpenApiSchema { Type = JsonSchemaType.Array, Items = EventSchema() },
                                ],
                            },
                            Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal)
                            {
                                ["an event"] = new OpenApiExample { Value = JsonNode.Parse(View) },
                                ["several events"] = new OpenApiExample
                                {
                                    Value = new JsonArray(JsonNode.Parse(View), JsonNode.Parse(Cart)),
                                },
                                ["an event that is refused and kept"] = new OpenApiExample
                                {
                                    Value = JsonNode.Parse(TooOld),
                                },
                            },
                        },
                        [Lines] = new() { Schema = EventSchema(), Example = JsonValue.Create($"{View}\n{Cart}\n") },
                    },
                };
                return Task.CompletedTask;
            }
        );

    private static OpenApiSchema EventSchema()
    {
        IReadOnlyList<EventField> fields = EventRules.Everywhere.Fields;
        return new()
        {
            Type = JsonSchemaType.Object,
            Required = fields
                .Where(field => field.Missing is not null)
                .Select(field => field.Name)
                .ToHashSet(StringComparer.Ordinal),
            Properties = fields.ToDictionary(
                field => field.Name,
                field => (IOpenApiSchema)Property(field),
                StringComparer.Ordinal
            ),
        };
    }

    /// <summary>What may be missing may also be null.</summary>
    private static OpenApiSchema Property(EventField field)
    {
        OpenApiSchema schema = Of(field.Schema());
        if (field.Missing is not null)
        {
            return schema;
        }

        if (schema.AnyOf is { } options)
        {
            options.Add(new OpenApiSchema { Type = JsonSchemaType.Null });
        }
        else
        {
            schema.Type |= JsonSchemaType.Null;
        }

        return schema;
    }

    /// <summary>The keywords of JSON Schema that the rules use, as the description's library has them.</summary>
    /// <exception cref="NotSupportedException">A rule uses another one.</exception>
    private static OpenApiSchema Of(JsonObject rule)
    {
        OpenApiSchema schema = new();
        foreach ((string keyword, JsonNode? argument) in rule)
        {
            switch (keyword)
            {
                case "description":
                    schema.Description = (string?)argument;
                    break;
                case "type":
                    schema.Type = ((string)argument!).ToJsonSchemaType();
                    break;
                case "pattern":
                    schema.Pattern = (string?)argument;
                    break;
                case "enum":
                    schema.Enum = [.. argument!.AsArray().Select(member => member!.DeepClone())];
                    break;
                case "examples":
                    schema.Examples = [.. argument!.AsArray().Select(member => member!.DeepClone())];
                    break;
                case "minLength":
                    schema.MinLength = (int)argument!;
                    break;
                case "maxLength":
                    schema.MaxLength = (int)argument!;
                    break;
                case "exclusiveMinimum":
                    schema.ExclusiveMinimum = argument!.ToJsonString();
                    break;
                case "anyOf":
                    schema.AnyOf = [.. argument!.AsArray().Select(option => Of(option!.AsObject()))];
                    break;
                case "allOf":
                    schema.AllOf = [.. argument!.AsArray().Select(part => Of(part!.AsObject()))];
                    break;
                default:
                    throw new NotSupportedException($"{keyword} is no keyword that the API's description can show.");
            }
        }

        return schema;
    }
}
