using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Requests;
using Fecom.Validation.BrowseInvalidEvents;
using Fecom.Validation.ReadEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Validation.ResendInvalidEvents;

/// <summary>Sends invalid events again, as they came or mended: <c>POST /invalid-events/resend</c>.</summary>
internal static class ResendApi
{
    public const int MaxIds = 10_000;
    private const int LargestBody = 1024 * 1024;
    private const int LargestEvent = 64 * 1024;

    public static void MapResend(this RouteGroupBuilder invalidEvents) =>
        invalidEvents
            .MapPost("resend", ResendAsync)
            .WithName("ResendInvalidEvents")
            .WithBodyExample("""{"rule":"event_time_future"}""")
            .WithSummary(
                "Sends invalid events through validation again, by number, by rule or source, or one of them mended"
            )
            .WithDescription(
                "Either 'ids' (up to 10,000), or 'rule' and 'source' with 'from' and 'to' (up to 50,000 events a call), or 'id' with the "
                    + "'event' that is to go in its place. An event goes once, also when the call is repeated or a host is killed "
                    + "meanwhile; its state then is 'resent', or 'returned' when it was refused again and is a new invalid event. "
                    + "A mended event that still breaks a rule is answered 422 and not sent. An event of which only a part is kept "
                    + "goes only mended: asked for by number it is answered 409, otherwise it is left out."
            )
            .WithMetadata(new BodyLimit(LargestBody))
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesValidationProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<Results<Accepted<ResentInvalidEvents>, ValidationProblem, ProblemHttpResult>> ResendAsync(
        ResendInvalidEventsRequest request,
        ResendRequests requests,
        InvalidEventTable invalidEvents,
        EventCheck check,
        CancellationToken cancellationToken
    )
    {
        InvalidEventQuery question = new();
        string? rule = question.Rule(request.Rule);
        string? source = question.Source(request.Source);
        bool bySelection = rule is not null || source is not null;
        int ways =
            (request.Ids is null ? 0 : 1)
            + (bySelection ? 1 : 0)
            + (request.Id is null && request.Event is null ? 0 : 1);
        question.Require(
            ways == 1,
            "ids",
            "Say which events: either 'ids', or 'rule' or 'source', or 'id' with 'event'."
        );
        question.Require(request.Ids is null or { Count: > 0 and <= MaxIds }, "ids", $"1 to {MaxIds} numbers.");
        question.Require(
            bySelection || (request.From is null && request.To is null),
            "from",
            "A time goes with 'rule' or 'source'."
        );
        if (question.Problem is { } problem)
        {
            return problem;
        }

        if (request.Id is not null || request.Event is not null)
        {
            return await MendAsync(request, requests, invalidEvents, check, cancellationToken);
        }

        if (
            request.Ids is { } asked
            && await invalidEvents.FirstMissingAsync([.. asked], cancellationToken) is { } missing
        )
        {
            return ApiProblems.Invalid("ids", InvalidEventProblems.Missing(missing));
        }

        if (request.Ids is { } ids && await requests.FirstCutAsync([.. ids], cancellationToken) is { } cut)
        {
            return NotWhole(cut.Id, cut.Length);
        }

        ResendSelection selection = new(
            request.Ids?.ToArray(),
            rule,
            source,
            InvalidEventQuery.Time(request.From),
            InvalidEventQuery.Time(request.To)
        );
        int resending = await requests.AskAsync(selection, cancellationToken);
        return Accepted(resending, more: resending == ResendRequests.MaxEvents);
    }

    private static async Task<Results<Accepted<ResentInvalidEvents>, ValidationProblem, ProblemHttpResult>> MendAsync(
        ResendInvalidEventsRequest request,
        ResendRequests requests,
        InvalidEventTable invalidEvents,
        EventCheck check,
        CancellationToken cancellationToken
    )
    {
        InvalidEventQuery question = new();
        question.Require(request.Id is not null, "id", "The number of the invalid event that is mended.");
        question.Require(request.Event is { ValueKind: JsonValueKind.Object }, "event", "The event as a JSON object.");
        byte[] mended = request.Event is { } json ? Encoding.UTF8.GetBytes(json.GetRawText()) : [];
        question.Require(mended.Length <= LargestEvent, "event", $"At most {LargestEvent} bytes.");
        if (question.Problem is { } problem)
        {
            return problem;
        }

        long id = request.Id!.Value;
        if (await invalidEvents.FindAsync(id, cancellationToken) is not { } kept)
        {
            return ApiProblems.Invalid("id", InvalidEventProblems.Missing(id));
        }

        IReadOnlyList<EventError> errors = check.Errors(mended, ResentEvents.IsOfChanges(kept.Source));
        if (errors.Count > 0)
        {
            return StillInvalid(errors);
        }

        if (await requests.AskAsync(id, mended, cancellationToken))
        {
            return Accepted(1, more: false);
        }

        return await invalidEvents.FindAsync(id, cancellationToken) is { } invalidEvent
            ? AlreadyResent(invalidEvent)
            : ApiProblems.Invalid("id", InvalidEventProblems.Missing(id));
    }

    private static Accepted<ResentInvalidEvents> Accepted(int asked, bool more) =>
        TypedResults.Accepted(
            $"{ApiRoutes.Address("invalid-events")}?state={InvalidEventStates.Resending}",
            new ResentInvalidEvents(asked, more)
        );

    private static ProblemHttpResult StillInvalid(IReadOnlyList<EventError> errors) =>
        TypedResults.Problem(
            "The mended event breaks a rule too; 'errors' names the fields.",
            statusCode: StatusCodes.Status422UnprocessableEntity,
            title: "Still invalid",
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["errors"] = errors
                    .GroupBy(error => $"event.{error.Field}", StringComparer.Ordinal)
                    .ToDictionary(
                        field => field.Key,
                        field => field.Select(error => error.Message).ToArray(),
                        StringComparer.Ordinal
                    ),
            }
        );

    private static ProblemHttpResult NotWhole(long id, int length) =>
        TypedResults.Problem(
            $"Of invalid event {id} only a part is kept: it had {length} bytes. Send it mended, with 'id' and 'event', or again from where it came.",
            statusCode: StatusCodes.Status409Conflict,
            title: "Not kept whole"
        );

    private static ProblemHttpResult AlreadyResent(InvalidEventDetail invalidEvent) =>
        TypedResults.Problem(
            invalidEvent.ReturnedAs is { } again
                ? $"Invalid event {invalidEvent.Id} was sent again and came back as {again}: mend that one."
                : $"Invalid event {invalidEvent.Id} was sent again before, at {invalidEvent.ResendAskedAt:O}.",
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
internal sealed record ResendInvalidEventsRequest(
    [property: Length(1, ResendApi.MaxIds)] IReadOnlyList<long>? Ids,
    [property: MaxLength(InvalidEventQuery.MaxRuleLength)] string? Rule,
    [property: MaxLength(InvalidEventQuery.MaxSourceLength)] string? Source,
    DateTimeOffset? From,
    DateTimeOffset? To,
    long? Id,
    JsonElement? Event
);

/// <summary>What is sent again.</summary>
/// <param name="Resending">Events that go now; those that had gone before are not among them.</param>
/// <param name="More">There may be more that match: call again.</param>
internal sealed record ResentInvalidEvents(int Resending, bool More);
