using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Validation.BrowseLetters;
using Fecom.Validation.ValidateEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Validation.ReplayLetters;

/// <summary>Sends invalid events again, as they came or mended: <c>POST /dead-letters/replay</c>.</summary>
internal static class ReplayEndpoints
{
    private const int MostIds = 10_000;
    private const int LargestBody = 1024 * 1024;
    private const int LargestEvent = 64 * 1024;

    public static void MapReplayLetters(this RouteGroupBuilder letters) =>
        letters
            .MapPost("replay", ReplayAsync)
            .WithSummary("Sends invalid events through validation again, by number, by rule or source, or one of them mended")
            .WithDescription(
                "Either 'ids' (up to 10,000), or 'rule' and 'source' with 'from' and 'to' (up to 50,000 events a call), or 'id' with the "
                    + "'event' that is to go in its place. An event goes once, also when the call is repeated or a host is killed "
                    + "meanwhile; its state then is 'replayed', or 'returned' when it was refused again and is a new letter. "
                    + "A mended event that still breaks a rule is answered 422 and not sent. An event of which only a part is kept "
                    + "goes only mended: asked for by number it is answered 409, otherwise it is left out."
            )
            .WithMetadata(new BodyLimit(LargestBody))
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<Results<Accepted<ReplayedInvalidEvents>, ValidationProblem, ProblemHttpResult>> ReplayAsync(
        ReplayInvalidEvents request,
        ReplayRequests requests,
        LetterTable letters,
        EventCheck check,
        CancellationToken cancellationToken
    )
    {
        LetterQuestion question = new();
        string? rule = question.Rule(request.Rule);
        string? source = question.Source(request.Source);
        bool bySelection = rule is not null || source is not null;
        int ways = (request.Ids is null ? 0 : 1) + (bySelection ? 1 : 0) + (request.Id is null && request.Event is null ? 0 : 1);
        question.Require(ways == 1, "ids", "Say which events: either 'ids', or 'rule' or 'source', or 'id' with 'event'.");
        question.Require(request.Ids is null or { Count: > 0 and <= MostIds }, "ids", $"1 to {MostIds} numbers.");
        question.Require(bySelection || (request.From is null && request.To is null), "from", "A time goes with 'rule' or 'source'.");
        if (question.Problem is { } problem)
        {
            return problem;
        }

        if (request.Id is not null || request.Event is not null)
        {
            return await MendAsync(request, requests, letters, check, cancellationToken);
        }

        if (request.Ids is { } ids && await requests.FirstCutAsync([.. ids], cancellationToken) is { } cut)
        {
            return NotWhole(cut.Id, cut.Length);
        }

        ReplaySelection selection = new(request.Ids?.ToArray(), rule, source, LetterQuestion.Time(request.From), LetterQuestion.Time(request.To));
        int asked = await requests.AskAsync(selection, cancellationToken);
        return Accepted(asked, more: asked == ReplayRequests.MostLetters);
    }

    private static async Task<Results<Accepted<ReplayedInvalidEvents>, ValidationProblem, ProblemHttpResult>> MendAsync(
        ReplayInvalidEvents request,
        ReplayRequests requests,
        LetterTable letters,
        EventCheck check,
        CancellationToken cancellationToken
    )
    {
        LetterQuestion question = new();
        question.Require(request.Id is not null, "id", "The number of the invalid event that is mended.");
        question.Require(request.Event is { ValueKind: JsonValueKind.Object }, "event", "The event as a JSON object.");
        byte[] mended = request.Event is { } json ? Encoding.UTF8.GetBytes(json.GetRawText()) : [];
        question.Require(mended.Length <= LargestEvent, "event", $"At most {LargestEvent} bytes.");
        if (question.Problem is { } problem)
        {
            return problem;
        }

        long id = request.Id!.Value;
        if (await letters.FindAsync(id, cancellationToken) is not { } kept)
        {
            return LetterProblems.Unknown(id);
        }

        IReadOnlyList<EventError> errors = check.Errors(mended, LettersToReplay.IsOfChanges(kept.Source));
        if (errors.Count > 0)
        {
            return StillInvalid(errors);
        }

        if (await requests.AskAsync(id, mended, cancellationToken))
        {
            return Accepted(1, more: false);
        }

        return await letters.FindAsync(id, cancellationToken) is { } letter ? Gone(letter) : LetterProblems.Unknown(id);
    }

    private static Accepted<ReplayedInvalidEvents> Accepted(int asked, bool more) =>
        TypedResults.Accepted("/api/v1/dead-letters?state=replaying", new ReplayedInvalidEvents(asked, more));

    private static ProblemHttpResult StillInvalid(IReadOnlyList<EventError> errors) =>
        TypedResults.Problem(
            "The mended event breaks a rule too; 'errors' names the fields.",
            statusCode: StatusCodes.Status422UnprocessableEntity,
            title: "Still invalid",
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["errors"] = errors }
        );

    private static ProblemHttpResult NotWhole(long id, int length) =>
        TypedResults.Problem(
            $"Of invalid event {id} only a part is kept: it had {length} bytes. Send it mended, with 'id' and 'event', or again from where it came.",
            statusCode: StatusCodes.Status409Conflict,
            title: "Not kept whole"
        );

    private static ProblemHttpResult Gone(InvalidEventDetail letter) =>
        TypedResults.Problem(
            letter.ReturnedAs is { } again
                ? $"Invalid event {letter.Id} was sent again and came back as {again}: mend that one."
                : $"Invalid event {letter.Id} was sent again before, at {letter.ReplayAskedAt:O}.",
            statusCode: StatusCodes.Status409Conflict,
            title: "Sent again before"
        );

    private sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}

/// <summary>Which invalid events are to be sent again; one of three ways.</summary>
/// <param name="Ids">Their numbers.</param>
/// <param name="Rule">A check that they failed.</param>
/// <param name="Source">Where they came from.</param>
/// <param name="From">With a rule or a source: refused at this time or later.</param>
/// <param name="To">With a rule or a source: refused before this time.</param>
/// <param name="Id">The number of one that is mended.</param>
/// <param name="Event">The event that goes in its place.</param>
internal sealed record ReplayInvalidEvents(
    IReadOnlyList<long>? Ids,
    string? Rule,
    string? Source,
    DateTimeOffset? From,
    DateTimeOffset? To,
    long? Id,
    JsonElement? Event
);

/// <summary>What is sent again.</summary>
/// <param name="Replaying">Events that go now; those that had gone before are not among them.</param>
/// <param name="More">There may be more that match: call again.</param>
internal sealed record ReplayedInvalidEvents(int Replaying, bool More);
