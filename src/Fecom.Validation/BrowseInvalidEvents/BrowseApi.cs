using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Shows the invalid events: <c>GET /invalid-events</c>.</summary>
internal static class BrowseApi
{
    private const int MaxShown = 500;
    private const int MaxSearchLength = 200;

    public static void MapBrowse(this RouteGroupBuilder invalidEvents)
    {
        invalidEvents
            .MapGet("", ListAsync)
            .WithSummary("Invalid events, newest first, with every error")
            .WithDescription(
                "By rule, source, field with an error, time of refusal, state (kept, resending, resent, returned), or text that "
                    + "stands in the original. The next page is asked for with 'before'."
            );
        invalidEvents
            .MapGet("{id:long}", FindAsync)
            .WithSummary("An invalid event with its original bytes, and what has become of it since")
            .ProducesProblem(StatusCodes.Status404NotFound);
        invalidEvents
            .MapGet("counts", CountAsync)
            .WithSummary("Counts of invalid events by rule, source or hour (UTC)")
            .WithDescription(
                "Of an event with two errors each rule counts it. Times count by whole hours. 1,000 counts at most."
            );
    }

    private static async Task<Results<Ok<InvalidEventList>, ValidationProblem>> ListAsync(
        InvalidEventTable table,
        CancellationToken cancellationToken,
        string? rule = null,
        string? source = null,
        string? field = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        string? state = null,
        string? search = null,
        long? before = null,
        int count = 50
    )
    {
        InvalidEventQuery question = new();
        question.Require(count is >= 1 and <= MaxShown, "count", $"1 to {MaxShown}.");
        question.Require(
            state is null || InvalidEventStates.All.Contains(state, StringComparer.Ordinal),
            "state",
            $"One of {string.Join(", ", InvalidEventStates.All)}."
        );
        InvalidEventFilter filter = new(
            question.Rule(rule),
            question.Source(source),
            question.Text("field", field, 64),
            InvalidEventQuery.Time(from),
            InvalidEventQuery.Time(to),
            state,
            question.Text("search", search, MaxSearchLength)
        );
        if (question.Problem is { } problem)
        {
            return problem;
        }

        try
        {
            IReadOnlyList<InvalidEventSummary> found = await table.BrowseAsync(
                filter,
                before ?? long.MaxValue,
                count,
                cancellationToken
            );
            return TypedResults.Ok(new InvalidEventList(found, found.Count == count ? found[^1].Id : null));
        }
        catch (TimeoutException) when (search is not null)
        {
            question.Require(
                false,
                "search",
                $"Found too little within {InvalidEventTable.TimeoutSeconds} s. Say also from, to, source or rule."
            );
            return question.Problem!;
        }
    }

    private static async Task<Results<Ok<InvalidEventDetail>, ProblemHttpResult>> FindAsync(
        long id,
        InvalidEventTable table,
        CancellationToken cancellationToken
    ) =>
        await table.FindAsync(id, cancellationToken) is { } invalidEvent
            ? TypedResults.Ok(invalidEvent)
            : InvalidEventProblems.Unknown(id);

    private static async Task<Results<Ok<InvalidEventCounts>, ValidationProblem>> CountAsync(
        CountTable table,
        CancellationToken cancellationToken,
        string by = "rule",
        string? rule = null,
        string? source = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null
    )
    {
        InvalidEventQuery question = new();
        question.Require(
            Enum.TryParse(by, ignoreCase: true, out CountBy key) && Enum.IsDefined(key),
            "by",
            "rule, source or hour."
        );
        CountFilter filter = new(
            question.Rule(rule),
            question.Source(source),
            InvalidEventQuery.Time(from),
            InvalidEventQuery.Time(to)
        );
        return question.Problem is { } problem
            ? problem
            : TypedResults.Ok(await table.CountAsync(key, filter, cancellationToken));
    }
}

/// <summary>What goes wrong with a single invalid event.</summary>
internal static class InvalidEventProblems
{
    public static ProblemHttpResult Unknown(long id) =>
        TypedResults.Problem(
            $"There is no invalid event {id}; it may have been forgotten by its age.",
            statusCode: StatusCodes.Status404NotFound,
            title: "Unknown invalid event"
        );
}
