using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Ingestion.Shared.FollowSources;

/// <summary>Every source with its progress.</summary>
internal static class SourcesApi
{
    public static void MapSources(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/ingestion/sources", ListAsync)
            .WithName("ListSources")
            .WithTags("Ingestion")
            .WithSummary("Every source with its state, position, rate and last error");

    private static async Task<Ok<SourceList>> ListAsync(
        IEnumerable<ISourceCatalog> catalogs,
        CancellationToken cancellationToken
    )
    {
        List<SourceStatus> sources = [];
        foreach (ISourceCatalog catalog in catalogs)
        {
            sources.AddRange(await catalog.ListAsync(cancellationToken));
        }

        return TypedResults.Ok(new SourceList(sources));
    }
}

/// <summary>Every source.</summary>
internal sealed record SourceList(IReadOnlyList<SourceStatus> Sources);
