using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Validation.PublishSchemas;

/// <summary>Publishes the event schemas: <c>GET /schemas</c>.</summary>
internal static class SchemaApi
{
    private const string MediaType = "application/schema+json";

    public static void MapSchemas(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder schemas = routes.MapGroup("/api/v1/schemas").WithTags("Schemas");
        schemas.MapGet("", List).WithSummary("The event schemas and their versions");
        schemas
            .MapGet("{name}", (string name, EventSchemas all) => Find(name, null, all))
            .WithSummary("The newest version of a schema, JSON Schema 2020-12")
            .Produces<JsonObject>(StatusCodes.Status200OK, MediaType)
            .ProducesProblem(StatusCodes.Status404NotFound);
        schemas
            .MapGet("{name}/{version:int}", (string name, int version, EventSchemas all) => Find(name, version, all))
            .WithSummary("A version of a schema, JSON Schema 2020-12")
            .Produces<JsonObject>(StatusCodes.Status200OK, MediaType)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Ok<SchemaList> List(EventSchemas all) =>
        TypedResults.Ok(
            new SchemaList([
                .. all
                    .All.GroupBy(schema => schema.Name, StringComparer.Ordinal)
                    .Select(versions => new SchemaEntry(
                        versions.Key,
                        versions.Last().Title,
                        [.. versions.Select(schema => schema.Version)],
                        $"/api/v1/schemas/{versions.Key}/{versions.Last().Version}"
                    )),
            ])
        );

    private static Results<ContentHttpResult, ProblemHttpResult> Find(string name, int? version, EventSchemas all) =>
        all.Find(name, version) is { } schema
            ? TypedResults.Text(schema.Document.ToJsonString(), MediaType)
            : TypedResults.Problem(
                $"There is no such schema. There are: {string.Join(", ", all.All.Select(known => $"{known.Name}/{known.Version}"))}.",
                statusCode: StatusCodes.Status404NotFound,
                title: "Unknown schema"
            );
}

/// <summary>The schemas.</summary>
internal sealed record SchemaList(IReadOnlyList<SchemaEntry> Schemas);

/// <summary>A schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it describes.</param>
/// <param name="Versions">Its versions, oldest first.</param>
/// <param name="Newest">Where the newest one is.</param>
internal sealed record SchemaEntry(string Name, string Title, IReadOnlyList<int> Versions, string Newest);
