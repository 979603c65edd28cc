using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Failures;
using Fecom.Platform.Messaging;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>Takes behaviour events over HTTP.</summary>
internal static class EventsApi
{
    private const string RetrySeconds = "2";
    private const int CallsPerSecond = 100_000;
    private const int MaxRefused = 100;

    private static readonly string[] Types = ["application/json", .. LineTypes];

    private static string[] LineTypes =>
        ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];

    public static void MapEvents(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("events", "Events", "events", CallsPerSecond)
            .MapPost("", PostAsync)
            .WithName("AcceptEvents")
            .WithSummary("Takes an event, an array of events, or one event a line")
            .WithDescription(
                "Answered once the events are durable. An event's own event_id makes a repeat harmless; "
                    + "so does the header Idempotency-Key for the same call sent again. "
                    + "Up to 10,000 events or 16 MiB a call, gzip allowed; an event of up to 64 KiB."
            )
            .Accepts<JsonNode>(Types[0], Types[1..])
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesValidationProblem(StatusCodes.Status422UnprocessableEntity)
            .DescribeEventBody();

    private static async Task<Results<Accepted<AcceptedEvents>, ProblemHttpResult>> PostAsync(
        HttpContext context,
        Outbox outbox,
        IOptions<AcceptOptions> options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await AcceptAsync(context, outbox, options.Value, cancellationToken);
        }
        catch (BodyRefusedException e)
        {
            if (e.Status == StatusCodes.Status429TooManyRequests)
            {
                context.Response.Headers.RetryAfter = RetrySeconds;
            }

            return TypedResults.Problem(e.Message, statusCode: e.Status, title: "The call cannot be taken");
        }
        catch (BadHttpRequestException e)
        {
            return TypedResults.Problem(Describe(e), statusCode: e.StatusCode, title: "The call cannot be taken");
        }
        catch (Exception e) when ((Outage.Is(e) || e is ChannelClosedException) && e is not IOException)
        {
            context.Response.Headers.RetryAfter = RetrySeconds;
            return TypedResults.Problem(
                $"The events cannot be made durable now: {(e is ChannelClosedException ? "this host stops" : FailureText.Of(e))}. Send them again.",
                statusCode: StatusCodes.Status503ServiceUnavailable,
                title: "Not available"
            );
        }
    }

    private static async Task<Results<Accepted<AcceptedEvents>, ProblemHttpResult>> AcceptAsync(
        HttpContext context,
        Outbox outbox,
        AcceptOptions options,
        CancellationToken cancellationToken
    )
    {
        using Admission admission = await outbox.AdmitAsync(RequestBody.FirstSize(context.Request), cancellationToken);
        EventBatch batch;
        using (
            RequestBody body = await RequestBody.ReadAsync(
                context.Request,
                admission,
                options.MaxBytes,
                cancellationToken
            )
        )
        {
            batch = EventBatch.Read(
                body.Bytes,
                IsLines(context.Request),
                options.MaxEvents,
                IdempotencyKey.Of(context.Request)
            );
        }

        if (!admission.TryHold(batch.MemoryBytes))
        {
            throw BodyRefusedException.TooMany();
        }

        if (batch.Accepted == 0)
        {
            return NoneValid(batch);
        }

        await outbox.AppendAsync(batch, cancellationToken);
        return TypedResults.Accepted((string?)null, new AcceptedEvents(batch.Accepted, batch.Rejected));
    }

    /// <summary>What the server found wrong while it read the body.</summary>
    private static string Describe(BadHttpRequestException e) =>
        e.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge =>
                "The body is larger than a call may be; send the events in several calls.",
            StatusCodes.Status408RequestTimeout =>
                "The body came too slowly, and nothing of it was taken. Send it again.",
            _ => "The body broke off before its end, and nothing of it was taken. Send it again.",
        };

    private static ProblemHttpResult NoneValid(EventBatch batch) =>
        TypedResults.Problem(
            "No event of the call has the right shape; 'errors' names the fields, 'rejected' the rules too.",
            statusCode: StatusCodes.Status422UnprocessableEntity,
            title: "No valid event",
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["errors"] = Errors(batch.Rejected),
                ["rejected"] = batch.Rejected,
            }
        );

    /// <summary>What is wrong with the events, field by field as with every call: <c>[3].price</c> is the price of the fourth.</summary>
    private static Dictionary<string, string[]> Errors(IReadOnlyList<RejectedEvent> rejected) =>
        rejected
            .Take(MaxRefused)
            .SelectMany(one => one.Errors.Select(error => (Field: $"[{one.Index}].{error.Field}", error.Message)))
            .GroupBy(error => error.Field, StringComparer.Ordinal)
            .ToDictionary(
                field => field.Key,
                field => field.Select(error => error.Message).ToArray(),
                StringComparer.Ordinal
            );

    private static bool IsLines(HttpRequest request) =>
        request.ContentType is { } type
        && LineTypes.Any(lines => type.StartsWith(lines, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What became of a call's events.</summary>
/// <param name="Accepted">Events that are durable now; repeats of an <c>event_id</c> count.</param>
/// <param name="Rejected">Events that were not taken, each with its errors.</param>
internal sealed record AcceptedEvents(int Accepted, IReadOnlyList<RejectedEvent> Rejected);
