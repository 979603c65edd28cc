using Fecom.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Messaging;

/// <summary>Browses dead letters and sends them back: <c>/dead-letters</c>.</summary>
internal static class DeadLettersApi
{
    private const int MaxShown = 500;
    private const int MaxIds = 10_000;

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder letters = routes.MapGroup("/api/v1/dead-letters").WithTags("Pipeline");
        letters
            .MapGet("", ListAsync)
            .WithSummary("Messages that an endpoint could not process, newest first, with reason and bytes");
        letters
            .MapPost("resend", ResendAsync)
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
        CancellationToken cancellationToken,
        string? endpoint = null,
        string? topic = null,
        long? before = null,
        int count = 50
    )
    {
        if (count is < 1 or > MaxShown)
        {
            return Invalid("count", $"1 to {MaxShown}.");
        }

        IReadOnlyList<KeptDeadLetter> letters = await table.BrowseAsync(
            new DeadLetterFilter(null, endpoint, topic),
            before ?? long.MaxValue,
            count,
            cancellationToken
        );
        return TypedResults.Ok(
            new DeadLetterList([.. letters.Select(DeadLetterBody.Of)], letters.Count == count ? letters[^1].Id : null)
        );
    }

    private static async Task<Results<Accepted<ResentDeadLetters>, ValidationProblem, ProblemHttpResult>> ResendAsync(
        ResendDeadLettersRequest request,
        DeadLetterTable table,
        CancellationToken cancellationToken
    )
    {
        if (request.Ids is null && request.Endpoint is null && request.Topic is null)
        {
            return Invalid("ids", "Say which letters: 'ids', 'endpoint' or 'topic'.");
        }

        if (request.Ids is { Count: 0 or > MaxIds })
        {
            return Invalid("ids", $"1 to {MaxIds} numbers.");
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

        int asked = await table.AskAsync(
            new DeadLetterFilter(request.Ids?.ToArray(), request.Endpoint, request.Topic),
            cancellationToken
        );
        return TypedResults.Accepted("/api/v1/dead-letters", new ResentDeadLetters(asked));
    }

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(
            new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] }
        );
}

/// <summary>Dead letters.</summary>
/// <param name="DeadLetters">The newest first.</param>
/// <param name="Before">Pass it as <c>before</c> for the next ones; null when there are no more.</param>
internal sealed record DeadLetterList(IReadOnlyList<DeadLetterBody> DeadLetters, long? Before);

/// <summary>A message that an endpoint could not process.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Endpoint">The endpoint that gave it up.</param>
/// <param name="Topic">Where it stood: topic, partition and offset.</param>
/// <param name="Partition">See <paramref name="Topic"/>.</param>
/// <param name="Offset">See <paramref name="Topic"/>.</param>
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
    string State,
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
/// <param name="Ids">Their numbers.</param>
/// <param name="Endpoint">The endpoint that gave them up.</param>
/// <param name="Topic">The topic they stood in.</param>
internal sealed record ResendDeadLettersRequest(IReadOnlyList<long>? Ids, string? Endpoint, string? Topic);

/// <summary>What a resend was asked for.</summary>
/// <param name="Resending">Letters that go back now; those that had gone back before are not among them.</param>
internal sealed record ResentDeadLetters(int Resending);
