using System.ComponentModel;
using System.Text.Json.Nodes;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Validation.PublishSchemas;

/// <summary>Publishes the event schemas: <c>GET /schemas</c>.</summary>
internal static class SchemaApi
{
    private const string NameMeaning = "The schema's name, as GET /api/v1/schemas tells it.";
    private const string Example = "behavior_event";

    public static void MapSchemas(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder schemas = routes.MapApi("schemas", "Schemas", "schemas");
        schemas.MapGet("", List).WithName("ListSchemas").WithSummary("The event schemas and their versions");
        schemas
            .MapGet("{name}", ([Description(NameMeaning)] string name, EventSchemas all) => Find(name, null, all))
            .WithName("GetNewestSchema")
            .WithExample("name", Example)
            .WithSummary("The newest version of a schema: JSON Schema 2020-12, or Avro")
            .Produces<JsonObject>(StatusCodes.Status200OK, EventSchema.JsonSchema, EventSchema.Avro)
            .ProducesProblem(StatusCodes.Status404NotFound);
        schemas
            .MapGet(
                "{name}/{version:int}",
                (
                    [Description(NameMeaning)] string name,
                    [Description("The version, from 1.")] int version,
                    EventSchemas all
                ) => Find(name, version, all)
            )
            .WithName("GetSchema")
            .WithExample("name", Example)
            .WithExample("version", "1")
            .WithSummary("A version of a schema: JSON Schema 2020-12, or Avro")
            .Produces<JsonObject>(StatusCodes.Status200OK, EventSchema.JsonSchema, EventSchema.Avro)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Results<Ok<SchemaList>, ValidationProblem> List(EventSchemas all, [AsParameters] PageQuery page)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<SchemaEntry> schemas = page.Slice(
            all.All.GroupBy(schema => schema.Name, StringComparer.Ordinal)
                .Select(versions => new SchemaEntry(
                    versions.Key,
                    versions.Last().Title,
                    [.. versions.Select(schema => schema.Version)],
                    $"{ApiRoutes.Address("schemas", versions.Key)}/{versions.Last().Version}"
                ))
        );
        return TypedResults.Ok(new SchemaList(schemas.Items, schemas.Next));
    }

    private static Results<ContentHttpResult, ProblemHttpResult> Find(string name, int? version, EventSchemas all) =>
        all.Find(name, version) is { } schema
            ? TypedResults.Text(schema.Document.ToJsonString(), schema.MediaType)
            : ApiProblems.Unknown(
                "schema",
                $"There is no such schema. There are: {string.Join(", ", all.All.Select(known => $"{known.Name}/{known.Version}"))}."
            );
}

/// <summary>Schemas.</summary>
/// <param name="Schemas">Each with its versions.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record SchemaList(IReadOnlyList<SchemaEntry> Schemas, string? Next);

/// <summary>A schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it describes.</param>
/// <param name="Versions">Its versions, oldest first.</param>
/// <param name="Newest">Where the newest one is.</param>
internal sealed record SchemaEntry(string Name, string Title, IReadOnlyList<int> Versions, string Newest);
