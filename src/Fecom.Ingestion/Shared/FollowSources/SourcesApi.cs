using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Ingestion.Shared.FollowSources;

/// <summary>Every source with its progress.</summary>
internal static class SourcesApi
{
    public static void MapSources(this RouteGroupBuilder ingestion) =>
        ingestion
            .MapGet("sources", ListAsync)
            .WithName("ListSources")
            .WithSummary("Every source with its state, position, rate and last error");

    private static async Task<Results<Ok<SourceList>, ValidationProblem>> ListAsync(
        IEnumerable<ISourceCatalog> catalogs,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        List<SourceStatus> sources = [];
        foreach (ISourceCatalog catalog in catalogs)
        {
            sources.AddRange(await catalog.ListAsync(cancellationToken));
        }

        Page<SourceStatus> shown = page.Slice(sources);
        return TypedResults.Ok(new SourceList(shown.Items, shown.Next));
    }
}

/// <summary>Sources.</summary>
/// <param name="Sources">Files, tables, PostgreSQL, the API, each with where it stands.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record SourceList(IReadOnlyList<SourceStatus> Sources, string? Next);
