using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Ingestion.Shared;
using Fecom.Platform.Retries;

namespace Fecom.Ingestion.EventFiles.ReplayFile;

/// <summary>Sends events to a host's API, with retries until it has them; an idempotency key a call makes a repeat harmless.</summary>
internal sealed class EventCalls(HttpClient http, TimeProvider time, Action<string> warn)
{
    private readonly string _run = Guid.CreateVersion7().ToString("N");

    public long Accepted { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>The host's message about the first event that it rejected; null when there is none.</summary>
    public string? FirstRejected { get; private set; }

    /// <summary>Whether the host has answered at all.</summary>
    public bool HasAnswered { get; private set; }

    /// <param name="events">In order.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Nobody answers at the address, or the host refuses the call; the message says which.</exception>
    public async Task SendAsync(IReadOnlyList<DueEvent> events, CancellationToken cancellationToken)
    {
        byte[] body = Lines(events);
        RetryLoop retry = new(RetrySchedule.Call, time)
        {
            Helps = failure => failure is HostBusyException || (IsAway(failure, cancellationToken) && HasAnswered),
            Asked = failure => (failure as HostBusyException)?.RetryAfter,
            Failed = (failure, _) =>
            {
                if (failure is not HostBusyException)
                {
                    warn($"the host is away, trying again: {failure.Message}");
                }

                return ValueTask.CompletedTask;
            },
        };
        try
        {
            await retry.RunAsync(token => TryAsync(body, events, token), cancellationToken);
        }
        catch (Exception e) when (IsAway(e, cancellationToken))
        {
            throw new IOException(
                $"No host answers at {http.BaseAddress} ({e.Message}). Start one with ./fecom up, or name another with --url.",
                e
            );
        }
    }

    private async Task TryAsync(byte[] body, IReadOnlyList<DueEvent> events, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events")
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        request.Headers.Add(IdempotencyHeader.Name, $"{_run}-{events[0].Line.ToString(CultureInfo.InvariantCulture)}");
        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        HasAnswered = true;
        if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
        {
            throw new HostBusyException(response.Headers.RetryAfter?.Delta);
        }

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (response.StatusCode is not (HttpStatusCode.Accepted or HttpStatusCode.UnprocessableEntity))
        {
            throw new IOException($"The host refuses the call ({(int)response.StatusCode}): {answer}");
        }

        Count(answer, events);
    }

    /// <summary>No answer, or not Fecom's: the host is unavailable, or restarts behind a proxy that answers for it.</summary>
    private static bool IsAway(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or JsonException
        || (failure is TaskCanceledException && !cancellationToken.IsCancellationRequested);

    private void Count(JsonElement answer, IReadOnlyList<DueEvent> events)
    {
        JsonElement rejected = answer.GetProperty("rejected");
        Rejected += rejected.GetArrayLength();
        Accepted += events.Count - rejected.GetArrayLength();
        if (FirstRejected is null && rejected.GetArrayLength() > 0)
        {
            JsonElement first = rejected[0];
            long line = events[first.GetProperty("index").GetInt32()].Line;
            FirstRejected = $"line {line}: {first.GetProperty("errors")[0].GetProperty("message").GetString()}";
        }
    }

    private static byte[] Lines(IReadOnlyList<DueEvent> events)
    {
        byte[] body = new byte[events.Sum(e => e.Json.Length + 1)];
        int at = 0;
        foreach (DueEvent e in events)
        {
            e.Json.CopyTo(body, at);
            at += e.Json.Length;
            body[at++] = (byte)'\n';
        }

        return body;
    }

    /// <summary>The host asks to be called later.</summary>
    private sealed class HostBusyException(TimeSpan? retryAfter) : Exception
    {
        public TimeSpan? RetryAfter => retryAfter;
    }
}
