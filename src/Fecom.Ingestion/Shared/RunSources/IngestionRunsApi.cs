using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Ingestion.Shared.RunSources;

/// <summary>Starts loads and follows them.</summary>
internal static class IngestionRunsApi
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder runs = routes.MapGroup("/api/v1/ingestion/runs").WithTags("Ingestion");
        runs.MapPost("", RequestAsync)
            .WithName("RequestLoad")
            .WithSummary(
                "Loads a source now: a file by its name, all files with 'file', a table as 'fecom:orders', all tables with 'fecom', the captured PostgreSQL with 'postgres'"
            )
            .ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("{id:guid}", GetAsync)
            .WithName("GetLoadRun")
            .WithSummary("How a requested load goes")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Accepted<LoadRun>, ProblemHttpResult>> RequestAsync(
        LoadRequest request,
        IEnumerable<IStartableSources> startable,
        LoadRuns runs,
        CancellationToken cancellationToken
    )
    {
        foreach (IStartableSources sources in startable)
        {
            if (
                request.Source is { Length: > 0 } name
                && await sources.FindAsync(name, cancellationToken) is { } source
            )
            {
                LoadRun run = await runs.RequestAsync(source, cancellationToken);
                return TypedResults.Accepted($"/api/v1/ingestion/runs/{run.Id}", run);
            }
        }

        return TypedResults.Problem(
            $"No source '{request.Source}' can be started. GET /api/v1/ingestion/sources lists the sources; 'file' starts all files, 'fecom' all tables, 'postgres' the captured table, where there is one.",
            statusCode: StatusCodes.Status404NotFound,
            title: "Unknown source"
        );
    }

    private static async Task<Results<Ok<LoadRun>, ProblemHttpResult>> GetAsync(
        Guid id,
        LoadRuns runs,
        CancellationToken cancellationToken
    ) =>
        await runs.FindAsync(id, cancellationToken) is { } run
            ? TypedResults.Ok(run)
            : TypedResults.Problem(
                $"There is no run {id}.",
                statusCode: StatusCodes.Status404NotFound,
                title: "Unknown run"
            );
}

/// <summary>Asks for a load.</summary>
/// <param name="Source">A source as <c>GET /api/v1/ingestion/sources</c> names it, <c>file:NAME</c>, <c>file</c> for all behaviour files, <c>fecom</c> for all tables, or <c>postgres</c>.</param>
internal sealed record LoadRequest(string? Source);

/// <summary>Sources of one kind that can be started.</summary>
internal interface IStartableSources
{
    /// <summary>The full name of the source that <paramref name="name"/> refers to; null when there is none.</summary>
    Task<string?> FindAsync(string name, CancellationToken cancellationToken);
}
