using Fecom.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Messaging;

/// <summary>Browses dead letters and sends them back: <c>/pipeline/dead-letters</c>.</summary>
internal static class DeadLetterEndpoints
{
    private const int MostShown = 500;
    private const int MostIds = 10_000;

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder letters = routes.MapGroup("/api/v1/pipeline/dead-letters").WithTags("Pipeline");
        letters.MapGet("", ListAsync).WithSummary("Messages that an endpoint could not process, newest first, with reason and bytes");
        letters
            .MapPost("replay", ReplayAsync)
            .WithSummary("Has endpoints process their dead letters again, by number, endpoint or topic")
            .WithDescription(
                "Once the cause is gone. A letter goes back to the endpoint that gave it up and to no other, and is processed once, "
                    + "also when a host is killed meanwhile. One that fails again is a new letter. A letter that is 'cut' cannot go: "
                    + "asked for by number it is answered 409, otherwise it is left out."
            )
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<LetterList>, ValidationProblem>> ListAsync(
        DeadLetterTable table,
        CancellationToken cancellationToken,
        string? endpoint = null,
        string? topic = null,
        long? before = null,
        int count = 50
    )
    {
        if (count is < 1 or > MostShown)
        {
            return Invalid("count", $"1 to {MostShown}.");
        }

        IReadOnlyList<KeptLetter> letters = await table.BrowseAsync(
            new LetterFilter(null, endpoint, topic),
            before ?? long.MaxValue,
            count,
            cancellationToken
        );
        return TypedResults.Ok(new LetterList([.. letters.Select(LetterBody.Of)], letters.Count == count ? letters[^1].Id : null));
    }

    private static async Task<Results<Accepted<ReplayAnswer>, ValidationProblem, ProblemHttpResult>> ReplayAsync(
        ReplayRequest request,
        DeadLetterTable table,
        CancellationToken cancellationToken
    )
    {
        if (request.Ids is null && request.Endpoint is null && request.Topic is null)
        {
            return Invalid("ids", "Say which letters: 'ids', 'endpoint' or 'topic'.");
        }

        if (request.Ids is { Count: 0 or > MostIds })
        {
            return Invalid("ids", $"1 to {MostIds} numbers.");
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

        int asked = await table.AskAsync(new LetterFilter(request.Ids?.ToArray(), request.Endpoint, request.Topic), cancellationToken);
        return TypedResults.Accepted("/api/v1/pipeline/dead-letters", new ReplayAnswer(asked));
    }

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });
}

/// <summary>Dead letters.</summary>
/// <param name="Letters">The newest first.</param>
/// <param name="Before">Pass it as <c>before</c> for the next ones; null when there are no more.</param>
internal sealed record LetterList(IReadOnlyList<LetterBody> Letters, long? Before);

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
/// <param name="State"><c>kept</c>, <c>replaying</c> or <c>replayed</c>.</param>
/// <param name="Cut">Length and SHA-256 of the whole message, when only its first bytes are kept; such a letter cannot be replayed.</param>
internal sealed record LetterBody(
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
    public static LetterBody Of(KeptLetter letter) =>
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
            letter.ReplayAskedAt is null ? "kept" : letter.ReplayedAt is null ? "replaying" : "replayed",
            letter.Cut
        );
}

/// <summary>Which letters are to be processed again; what is said must all hold.</summary>
/// <param name="Ids">Their numbers.</param>
/// <param name="Endpoint">The endpoint that gave them up.</param>
/// <param name="Topic">The topic they stood in.</param>
internal sealed record ReplayRequest(IReadOnlyList<long>? Ids, string? Endpoint, string? Topic);

/// <summary>What a replay was asked for.</summary>
/// <param name="Replaying">Letters that go back now; those that had gone back before are not among them.</param>
internal sealed record ReplayAnswer(int Replaying);
