using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Ingestion.Shared.RunSources;

/// <summary>Starts loads and follows them.</summary>
internal static class IngestionRunsApi
{
    public static void MapRuns(this RouteGroupBuilder ingestion)
    {
        RouteGroupBuilder runs = ingestion.MapGroup("runs");
        runs.MapPost("", RequestAsync)
            .WithName("StartLoad")
            .WithSummary("Loads a source now")
            .WithDescription(
                "A file by its name, all files with 'file', a table as 'fecom:orders', all tables with 'fecom', the captured "
                    + "PostgreSQL with 'postgres'. The header Location says where the run is followed."
            )
            .WithBodyExample("""{"source":"file"}""");
        runs.MapGet("", ListAsync).WithName("ListLoads").WithSummary("Loads that somebody asked for, newest first");
        runs.MapGet("{id:guid}", GetAsync)
            .WithName("GetLoad")
            .WithSummary("How a requested load goes")
            .WithNewest("id", Guid.Empty.ToString(), NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<LoadRuns>().ListAsync(0, 1, cancellationToken) is [var run]
            ? run.Id.ToString()
            : null;

    private static async Task<Results<Accepted<LoadRun>, ValidationProblem>> RequestAsync(
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
                return TypedResults.Accepted(ApiRoutes.Address("ingestion", "runs", run.Id.ToString()), run);
            }
        }

        return ApiProblems.Invalid(
            "source",
            $"No source '{request.Source}' can be started. GET /api/v1/ingestion/sources lists the sources; 'file' starts all files, 'fecom' all tables, 'postgres' the captured table, where there is one."
        );
    }

    private static async Task<Results<Ok<LoadRun>, ProblemHttpResult>> GetAsync(
        [Description("The run's number.")] Guid id,
        LoadRuns runs,
        CancellationToken cancellationToken
    ) =>
        await runs.FindAsync(id, cancellationToken) is { } run
            ? TypedResults.Ok(run)
            : ApiProblems.Unknown("run", $"There is no run {id}; one that has ended is forgotten after 90 days.");

    private static async Task<Results<Ok<LoadList>, ValidationProblem>> ListAsync(
        LoadRuns runs,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<LoadRun> found = page.Of(await runs.ListAsync(page.Skip, page.Wanted, cancellationToken));
        return TypedResults.Ok(new LoadList(found.Items, found.Next));
    }
}

/// <summary>Loads that somebody asked for.</summary>
/// <param name="Runs">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record LoadList(IReadOnlyList<LoadRun> Runs, string? Next);

/// <summary>Asks for a load.</summary>
/// <param name="Source">A source as <c>GET /api/v1/ingestion/sources</c> names it, <c>file:NAME</c>, <c>file</c> for all behaviour files, <c>fecom</c> for all tables, or <c>postgres</c>.</param>
internal sealed record LoadRequest([property: Required] string? Source);

/// <summary>Sources of one kind that can be started.</summary>
internal interface IStartableSources
{
    /// <summary>The full name of the source that <paramref name="name"/> refers to; null when there is none.</summary>
    Task<string?> FindAsync(string name, CancellationToken cancellationToken);
}
