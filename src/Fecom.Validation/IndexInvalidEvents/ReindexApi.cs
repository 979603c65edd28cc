using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Requests that the invalid events which the search index refused are sent to it again: <c>POST /invalid-events/index</c>.</summary>
internal static class ReindexApi
{
    public static void MapReindex(this RouteGroupBuilder invalidEvents) =>
        invalidEvents
            .MapPost("index", ReindexAsync)
            .WithName("ReindexInvalidEvents")
            .WithSummary("Sends the invalid events that Elasticsearch refused to it again, once the cause is gone")
            .WithDescription("They go in the background. One that is refused again keeps its reason as 'index_error'.")
            .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Accepted<ReindexRequested>, ProblemHttpResult>> ReindexAsync(
        IOptions<ElasticsearchOptions> options,
        IndexTable table,
        CancellationToken cancellationToken
    )
    {
        if (!options.Value.Enabled)
        {
            return TypedResults.Problem(
                "Elasticsearch:Url names none.",
                statusCode: StatusCodes.Status409Conflict,
                title: "No Elasticsearch"
            );
        }

        int asked = await table.RequestReindexAsync(cancellationToken);
        return TypedResults.Accepted("/health/ready", new ReindexRequested(asked));
    }
}

/// <summary>How many invalid events are sent to the index again.</summary>
/// <param name="Sending">Invalid events that it had refused.</param>
internal sealed record ReindexRequested(int Sending);
