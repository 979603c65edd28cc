using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fecom.Monolith;

/// <summary>The API's description, with a body to try for each call that takes one.</summary>
internal static class OpenApi
{
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["api/v1/events"] = """
            {"event_time":"2026-11-22T09:00:00Z","event_type":"cart","product_id":"58916293","category_code":"computers.laptop",
            "brand":"alnex","price":593.15,"user_id":"u1","user_session":"s1"}
            """,
        ["api/v1/features/online"] =
            """{"view":"session","entities":["s1"],"features":["activity_count","recent_products"]}""",
        ["api/v1/predictions/purchase"] = """
            {"instances":[{"user_id":"u1","product_id":"58916293","user_session":"s1"}],"explain":true}
            """,
        ["api/v1/recommendations/sessions"] = """
            {"events":[{"event_type":"view","product_id":"37326829"},{"event_type":"cart","product_id":"58916293"}]}
            """,
        ["api/v1/pipeline/endpoints/{endpoint}/offsets"] = """{"to":"2026-11-22T09:00:00Z","partitions":[0,1]}""",
        ["api/v1/dead-letters/resend"] = """{"endpoint":"bronze"}""",
        ["api/v1/invalid-events/resend"] = """{"rule":"price_positive","source":"file:events.csv@3b1f0a52"}""",
        ["api/v1/ingestion/runs"] = """{"source":"file"}""",
    };

    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Fecom",
                    Version = "v1",
                    Description = "Events in, purchase predictions and recommendations out.",
                };
                return Task.CompletedTask;
            }
        );
        options.AddOperationTransformer(
            (operation, context, _) =>
            {
                if (
                    context.Description.HttpMethod == "POST"
                    && Bodies.TryGetValue(context.Description.RelativePath!.Trim('/'), out string? body)
                )
                {
                    AddExample(operation, body);
                }

                return Task.CompletedTask;
            }
        );
    }

    private static void AddExample(OpenApiOperation operation, string body)
    {
        IDictionary<string, OpenApiMediaType> content =
            operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>();
        if (!content.TryGetValue("application/json", out OpenApiMediaType? json))
        {
            json = new OpenApiMediaType();
            content["application/json"] = json;
        }

        json.Example = JsonNode.Parse(body);
        operation.RequestBody ??= new OpenApiRequestBody { Required = true, Content = content };
    }
}
