using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Messaging;

/// <summary>Shows where the endpoints stand and moves their offsets: <c>/pipeline</c>.</summary>
public static class PipelineApi
{
    private const string EndpointMeaning = "The endpoint's name, as GET /api/v1/pipeline tells it.";

    /// <summary>Maps <c>/api/v1/pipeline</c>.</summary>
    public static IEndpointRouteBuilder MapPipeline(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder pipeline = routes.MapApi("pipeline", "Pipeline", "pipeline");
        pipeline
            .MapGet("", ReadAsync)
            .WithName("GetPipeline")
            .WithSummary(
                "Every endpoint with its lag, rate and dead letters, partition by partition; topics, and their settings that do not fit"
            )
            .WithDescription(
                "While Kafka is silent, 'kafka' says so, and offsets and lags are those that were known last."
            );
        RouteGroupBuilder offsets = pipeline
            .MapGroup("endpoints/{endpoint}/offsets")
            .WithExample("endpoint", "bronze")
            .ProducesProblem(StatusCodes.Status404NotFound);
        offsets
            .MapGet("", ListMovesAsync)
            .WithName("ListOffsetMoves")
            .WithSummary("An endpoint's moves, newest first, and whether they were made");
        offsets
            .MapPost("", MoveAsync)
            .WithName("MoveOffsets")
            .WithBodyExample("""{"to":"end","partitions":[0,1]}""")
            .WithSummary("Has an endpoint read again from the start, a time or on from the end")
            .WithDescription(
                "For a reprocess: remove the rows that are to be written again, then move the endpoint. A sink looks for the rows "
                    + "that it still has and writes only those that are gone, so nothing is there twice. The hosts that read the "
                    + "partitions make the move within about a second. What the log no longer holds cannot be read again."
            );
        routes.MapDeadLetters();
        return routes;
    }

    private static async Task<Ok<PipelineBody>> ReadAsync(PipelineState state, CancellationToken cancellationToken) =>
        TypedResults.Ok(await state.ReadAsync(cancellationToken));

    private static async Task<Results<Ok<OffsetMoveList>, ValidationProblem, ProblemHttpResult>> ListMovesAsync(
        [Description(EndpointMeaning)] string endpoint,
        EndpointStatuses statuses,
        OffsetMoveTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (Movable(statuses, endpoint) is null)
        {
            return Unknown(statuses, endpoint);
        }

        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<OffsetMove> moves = page.Of(
            await table.LatestAsync(endpoint, page.Below, page.Wanted, cancellationToken),
            move => move.Id
        );
        return TypedResults.Ok(new OffsetMoveList([.. moves.Items.Select(OffsetMoveBody.Of)], moves.Next));
    }

    private static async Task<Results<Accepted<AskedOffsetMoves>, ValidationProblem, ProblemHttpResult>> MoveAsync(
        [Description(EndpointMeaning)] string endpoint,
        MoveOffsets request,
        EndpointStatuses statuses,
        KafkaCluster cluster,
        OffsetResolver resolver,
        OffsetMoveTable table,
        CancellationToken cancellationToken
    )
    {
        if (Movable(statuses, endpoint) is not { } definition)
        {
            return Unknown(statuses, endpoint);
        }

        if (!OffsetTarget.TryParse(request.To, out OffsetTarget target))
        {
            return ApiProblems.Invalid("to", "'start', 'end' or an RFC 3339 time, such as 2026-01-31T12:00:00Z.");
        }

        try
        {
            int count = cluster.Partitions(definition.Topic);
            int[] partitions = [.. (request.Partitions ?? [.. Enumerable.Range(0, count)]).Distinct()];
            if (partitions.Length == 0 || Array.Exists(partitions, partition => partition < 0 || partition >= count))
            {
                return ApiProblems.Invalid(
                    "partitions",
                    $"{definition.Topic} has the partitions 0 to {count - 1}; leave this out for all of them."
                );
            }

            IReadOnlyDictionary<int, long> offsets = await resolver.ResolveAsync(definition.Topic, partitions, target);
            IReadOnlyList<OffsetMove> moves = await table.AskAsync(
                endpoint,
                cluster.Log(definition.Topic),
                offsets,
                cancellationToken
            );
            return TypedResults.Accepted(
                ApiRoutes.Address("pipeline", "endpoints", endpoint, "offsets"),
                new AskedOffsetMoves([.. moves.Select(OffsetMoveBody.Of)])
            );
        }
        catch (TopicUnavailableException e)
        {
            return Unavailable(e);
        }
    }

    private static TopicEndpointDefinition? Movable(EndpointStatuses statuses, string endpoint) =>
        statuses.Find(endpoint)?.Definition is { Broadcast: false } definition ? definition : null;

    private static ProblemHttpResult Unknown(EndpointStatuses statuses, string endpoint) =>
        ApiProblems.Unknown(
            "endpoint",
            $"There is no endpoint '{endpoint}' that keeps offsets. There are: "
                + string.Join(
                    ", ",
                    statuses
                        .All.Where(status => !status.Definition.Broadcast)
                        .Select(status => status.Definition.Name)
                        .Order(StringComparer.Ordinal)
                )
        );

    private static ProblemHttpResult Unavailable(TopicUnavailableException e) =>
        TypedResults.Problem(
            e.Message,
            statusCode: StatusCodes.Status503ServiceUnavailable,
            title: "Kafka does not answer"
        );
}

/// <summary>Where the endpoints stand.</summary>
/// <param name="Cluster">Names the log.</param>
/// <param name="Embedded">Whether it is in memory.</param>
/// <param name="Host">The host that answers.</param>
/// <param name="Kafka">Why Kafka does not tell now, and offsets and lags are those that were known last; null when it does.</param>
/// <param name="Endpoints">Those that keep offsets.</param>
/// <param name="Topics">The topics that this host uses.</param>
internal sealed record PipelineBody(
    string Cluster,
    bool Embedded,
    string Host,
    string? Kafka,
    IReadOnlyList<EndpointBody> Endpoints,
    IReadOnlyList<TopicBody> Topics
);

/// <summary>A topic.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">How many it has.</param>
/// <param name="Unfit">Settings of it that do not fit what Fecom does with it.</param>
internal sealed record TopicBody(string Name, int Partitions, IReadOnlyList<TopicSettingBody> Unfit);

/// <summary>A setting that does not fit.</summary>
/// <param name="Setting">Its name in Kafka.</param>
/// <param name="Value">What it is.</param>
/// <param name="Reason">What comes of it.</param>
/// <param name="LosesEvents">Whether events are lost by it although everything runs.</param>
/// <param name="Command">What mends it.</param>
internal sealed record TopicSettingBody(string Setting, string Value, string Reason, bool LosesEvents, string Command);

/// <summary>Asks for an endpoint to read from another place on.</summary>
/// <param name="To"><c>start</c>, <c>end</c>, or the time from which messages are to be read, RFC 3339.</param>
/// <param name="Partitions">The partitions that move; all when left out.</param>
internal sealed record MoveOffsets([property: Required] string? To, IReadOnlyList<int>? Partitions);

/// <summary>Moves that were asked for.</summary>
/// <param name="Moves">One for each partition.</param>
internal sealed record AskedOffsetMoves(IReadOnlyList<OffsetMoveBody> Moves);

/// <summary>Moves of an endpoint.</summary>
/// <param name="Moves">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record OffsetMoveList(IReadOnlyList<OffsetMoveBody> Moves, string? Next);

/// <summary>A move of one partition.</summary>
/// <param name="Id">Number of the request.</param>
/// <param name="Partition">The partition.</param>
/// <param name="ToOffset">Offset of the next message that is to be taken.</param>
/// <param name="State"><c>waiting</c> until a host makes it, then <c>completed</c>.</param>
/// <param name="FromOffset">Where the endpoint stood; null while it has not moved.</param>
/// <param name="RequestedAt">When it was asked for, UTC.</param>
/// <param name="FinishedAt">When it was made, UTC.</param>
internal sealed record OffsetMoveBody(
    long Id,
    int Partition,
    long ToOffset,
    [property: AllowedValues("waiting", "completed")] string State,
    long? FromOffset,
    DateTime RequestedAt,
    DateTime? FinishedAt
)
{
    public static OffsetMoveBody Of(OffsetMove move) =>
        new(
            move.Id,
            move.Partition,
            move.ToOffset,
            move.AppliedAt is null ? "waiting" : "completed",
            move.FromOffset,
            move.RequestedAt,
            move.AppliedAt
        );
}
