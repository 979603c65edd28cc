using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Contracts;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Messaging;

/// <summary>Browses dead letters and sends them back: <c>/dead-letters</c>.</summary>
internal static class DeadLettersApi
{
    public const int MaxIds = 10_000;

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder letters = routes.MapApi("dead-letters", "Dead letters", "dead_letters");
        letters
            .MapGet("", ListAsync)
            .WithName("ListDeadLetters")
            .WithSummary("Messages that an endpoint could not process, newest first, with reason and bytes");
        letters
            .MapPost("resend", ResendAsync)
            .WithName("ResendDeadLetters")
            .WithBodyExample("""{"endpoint":"bronze"}""")
            .WithSummary("Has endpoints process their dead letters again, by number, endpoint or topic")
            .WithDescription(
                "Once the cause is gone. A letter goes back to the endpoint that gave it up and to no other, and is processed once, "
                    + "also when a host is killed meanwhile. One that fails again is a new letter. A letter that is 'cut' cannot go: "
                    + "asked for by number it is answered 409, otherwise it is left out."
            )
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<DeadLetterList>, ValidationProblem>> ListAsync(
        DeadLetterTable table,
        EndpointStatuses statuses,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [Description("Only letters of this endpoint.")] string? endpoint = null,
        [Description("Only letters of messages of this topic.")] string? topic = null
    )
    {
        DeadLetterFilter filter = new(null, endpoint, topic);
        if ((page.Problem ?? await UnknownAsync(filter, table, statuses, cancellationToken)) is { } problem)
        {
            return problem;
        }

        Page<KeptDeadLetter> letters = page.Of(
            await table.BrowseAsync(filter, page.Below, page.Wanted, cancellationToken),
            letter => letter.Id
        );
        return TypedResults.Ok(new DeadLetterList([.. letters.Items.Select(DeadLetterBody.Of)], letters.Next));
    }

    /// <summary>What the filter names that is not there; null when there is nothing of the kind. An endpoint or a topic of the past has its letters still.</summary>
    private static async Task<ValidationProblem?> UnknownAsync(
        DeadLetterFilter filter,
        DeadLetterTable table,
        EndpointStatuses statuses,
        CancellationToken cancellationToken
    )
    {
        IEnumerable<TopicEndpointDefinition> known = statuses.All.Select(status => status.Definition);
        if (filter.Endpoint is { } endpoint && !known.Any(one => one.Name == endpoint))
        {
            if (!await table.AnyAsync(new(null, endpoint, null), cancellationToken))
            {
                return ApiProblems.Invalid(
                    "endpoint",
                    $"There is no endpoint '{endpoint}'. {There(known, one => one.Name)}"
                );
            }
        }

        if (filter.Topic is { } topic && !known.Any(one => one.Topic == topic))
        {
            if (!await table.AnyAsync(new(null, null, topic), cancellationToken))
            {
                return ApiProblems.Invalid(
                    "topic",
                    $"No endpoint reads a topic '{topic}'. {There(known, one => one.Topic)}"
                );
            }
        }

        return filter.Ids is { } ids && await table.FirstMissingAsync(ids, cancellationToken) is { } missing
            ? ApiProblems.Invalid("ids", $"There is no dead letter {missing}; it may have been forgotten by its age.")
            : null;
    }

    private static string There(
        IEnumerable<TopicEndpointDefinition> known,
        Func<TopicEndpointDefinition, string> name
    ) =>
        $"There are {string.Join(", ", known.Select(name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}.";

    private static async Task<Results<Accepted<ResentDeadLetters>, ValidationProblem, ProblemHttpResult>> ResendAsync(
        ResendDeadLettersRequest request,
        DeadLetterTable table,
        EndpointStatuses statuses,
        CancellationToken cancellationToken
    )
    {
        if (request.Ids is null && request.Endpoint is null && request.Topic is null)
        {
            return ApiProblems.Invalid("ids", "Say which letters: 'ids', 'endpoint' or 'topic'.");
        }

        if (request.Ids is { Count: 0 or > MaxIds })
        {
            return ApiProblems.Invalid("ids", $"1 to {MaxIds} numbers.");
        }

        DeadLetterFilter filter = new(request.Ids?.ToArray(), request.Endpoint, request.Topic);
        if (await UnknownAsync(filter, table, statuses, cancellationToken) is { } unknown)
        {
            return unknown;
        }

        if (request.Ids is { } ids && await table.FirstCutAsync([.. ids], cancellationToken) is { Cut: { } cut } letter)
        {
            return TypedResults.Problem(
                $"Of dead letter {letter.Id} only a part is kept: its message had {cut.Length} bytes. Send the message again from "
                    + $"where it came; its SHA-256 is {cut.Sha256}.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Not kept whole"
            );
        }

        int asked = await table.AskAsync(filter, cancellationToken);
        return TypedResults.Accepted(ApiRoutes.Address("dead-letters"), new ResentDeadLetters(asked));
    }
}

/// <summary>Dead letters.</summary>
/// <param name="DeadLetters">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record DeadLetterList(IReadOnlyList<DeadLetterBody> DeadLetters, string? Next);

/// <summary>A message that an endpoint could not process.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Endpoint">The endpoint that gave it up.</param>
/// <param name="Topic">The topic it stood in.</param>
/// <param name="Partition">The partition it stood in.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="Reason">Why it could not be processed.</param>
/// <param name="Key">Its key, base64.</param>
/// <param name="Original">Its bytes as they came, base64.</param>
/// <param name="FailedAt">When it was given up, UTC.</param>
/// <param name="State"><c>kept</c>, <c>resending</c> or <c>resent</c>.</param>
/// <param name="Cut">Length and SHA-256 of the whole message, when only its first bytes are kept; such a letter cannot be resent.</param>
internal sealed record DeadLetterBody(
    long Id,
    string Endpoint,
    string Topic,
    int Partition,
    long Offset,
    string Reason,
    byte[] Key,
    byte[] Original,
    DateTime FailedAt,
    [property: AllowedValues("kept", "resending", "resent")] string State,
    CutOriginal? Cut
)
{
    public static DeadLetterBody Of(KeptDeadLetter letter) =>
        new(
            letter.Id,
            letter.Endpoint,
            letter.Topic,
            letter.Partition,
            letter.Offset,
            letter.Reason,
            letter.Key,
            letter.Original,
            letter.FailedAt,
            letter.ResendAskedAt is null ? "kept"
                : letter.ResentAt is null ? "resending"
                : "resent",
            letter.Cut
        );
}

/// <summary>Which letters are to be processed again; what is said must all hold.</summary>
/// <param name="Ids">Their numbers, 1 to 10,000.</param>
/// <param name="Endpoint">The endpoint that gave them up.</param>
/// <param name="Topic">The topic they stood in.</param>
internal sealed record ResendDeadLettersRequest(
    [property: Length(1, DeadLettersApi.MaxIds)] IReadOnlyList<long>? Ids,
    string? Endpoint,
    string? Topic
);

/// <summary>What a resend was asked for.</summary>
/// <param name="Resending">Letters that go back now; those that had gone back before are not among them.</param>
internal sealed record ResentDeadLetters(int Resending);
