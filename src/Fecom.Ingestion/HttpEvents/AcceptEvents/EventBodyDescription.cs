using System.Text.Json.Nodes;
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

    public static RouteHandlerBuilder DescribeEventBody(this RouteHandlerBuilder call) =>
        call.AddOpenApiOperationTransformer(
            (operation, _, _) =>
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Description =
                        "An event, an array of events, or one event a line. Ids are integers or strings of up to 64 printable characters.",
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
                            },
                        },
                        [Lines] = new() { Schema = EventSchema(), Example = JsonValue.Create($"{View}\n{Cart}\n") },
                    },
                };
                return Task.CompletedTask;
            }
        );

    private static OpenApiSchema EventSchema() =>
        new()
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string>(StringComparer.Ordinal)
            {
                "event_time",
                "event_type",
                "product_id",
                "price",
                "user_id",
                "user_session",
            },
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["event_time"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Description = "2019-10-01 00:00:00 UTC, or RFC 3339 with its zone",
                },
                ["event_type"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Enum = ["view", "cart", "remove_from_cart", "purchase"],
                },
                ["product_id"] = Id(),
                ["category_id"] = Id(),
                ["category_code"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String | JsonSchemaType.Null,
                    MaxLength = 256,
                },
                ["brand"] = new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null, MaxLength = 256 },
                ["price"] = new OpenApiSchema { Type = JsonSchemaType.Number, ExclusiveMinimum = "0" },
                ["user_id"] = Id(),
                ["user_session"] = Id(),
                ["event_id"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String | JsonSchemaType.Null,
                    MaxLength = 64,
                    Description = "The client's own id",
                },
            },
        };

    private static OpenApiSchema Id() =>
        new() { Type = JsonSchemaType.Integer | JsonSchemaType.String, MaxLength = 64 };
}
