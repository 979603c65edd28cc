using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Fecom.Validation.BrowseLetters;

/// <summary>Shows the invalid events: <c>GET /dead-letters</c>.</summary>
internal static class BrowseEndpoints
{
    private const int MostShown = 500;
    private const int LongestSearch = 200;

    public static void MapBrowseLetters(this RouteGroupBuilder letters)
    {
        letters
            .MapGet("", ListAsync)
            .WithSummary("Invalid events, newest first, with every error")
            .WithDescription(
                "By rule, source, field with an error, time of refusal, state (kept, replaying, replayed, returned), or text that "
                    + "stands in the original. The next page is asked for with 'before'."
            );
        letters
            .MapGet("{id:long}", FindAsync)
            .WithSummary("An invalid event with its original bytes, and what has become of it since")
            .ProducesProblem(StatusCodes.Status404NotFound);
        letters
            .MapGet("counts", CountAsync)
            .WithSummary("Counts of invalid events by rule, source or hour (UTC)")
            .WithDescription("Of an event with two errors each rule counts it. Times count by whole hours. 1,000 counts at most.");
    }

    private static async Task<Results<Ok<InvalidEventList>, ValidationProblem>> ListAsync(
        LetterTable table,
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
        LetterQuestion question = new();
        question.Require(count is >= 1 and <= MostShown, "count", $"1 to {MostShown}.");
        question.Require(state is null || LetterStates.All.Contains(state, StringComparer.Ordinal), "state", $"One of {string.Join(", ", LetterStates.All)}.");
        LetterFilter filter = new(
            question.Rule(rule),
            question.Source(source),
            question.Text("field", field, 64),
            LetterQuestion.Time(from),
            LetterQuestion.Time(to),
            state,
            question.Text("search", search, LongestSearch)
        );
        if (question.Problem is { } problem)
        {
            return problem;
        }

        try
        {
            IReadOnlyList<InvalidEventSummary> found = await table.BrowseAsync(filter, before ?? long.MaxValue, count, cancellationToken);
            return TypedResults.Ok(new InvalidEventList(found, found.Count == count ? found[^1].Id : null));
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException && search is not null)
        {
            question.Require(false, "search", $"Found too little within {LetterTable.PatienceSeconds} s. Say also from, to, source or rule.");
            return question.Problem!;
        }
    }

    private static async Task<Results<Ok<InvalidEventDetail>, ProblemHttpResult>> FindAsync(
        long id,
        LetterTable table,
        CancellationToken cancellationToken
    ) => await table.FindAsync(id, cancellationToken) is { } letter ? TypedResults.Ok(letter) : LetterProblems.Unknown(id);

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
        LetterQuestion question = new();
        question.Require(Enum.TryParse(by, ignoreCase: true, out CountBy key) && Enum.IsDefined(key), "by", "rule, source or hour.");
        CountFilter filter = new(question.Rule(rule), question.Source(source), LetterQuestion.Time(from), LetterQuestion.Time(to));
        return question.Problem is { } problem ? problem : TypedResults.Ok(await table.CountAsync(key, filter, cancellationToken));
    }
}

/// <summary>What goes wrong with a single letter.</summary>
internal static class LetterProblems
{
    public static ProblemHttpResult Unknown(long id) =>
        TypedResults.Problem(
            $"There is no invalid event {id}; it may have been forgotten by its age.",
            statusCode: StatusCodes.Status404NotFound,
            title: "Unknown invalid event"
        );
}
