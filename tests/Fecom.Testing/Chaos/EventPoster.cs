using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Fecom.Testing.Chaos;

/// <summary>A shop that posts its events, call after call: one that was not answered 202 is sent again with the same body.</summary>
/// <param name="host">Where it posts them.</param>
/// <param name="input">The calls.</param>
/// <param name="seed">Says which calls are repeated.</param>
/// <param name="every">A call comes every so often.</param>
internal sealed class EventPoster(ChaosHost host, ChaosInput input, int seed, TimeSpan every)
{
    private const double RepeatedShare = 0.1;
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Attempts that failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Events accepted, which is also the position of the last of them.</summary>
    public long Accepted { get; private set; }

    /// <summary>Completes when every call has been accepted.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Random random = new(seed);
        using PeriodicTimer pace = new(every);
        foreach ((string body, int events) in input.Calls)
        {
            // Now and then the shop did not see the answer.
            int open = random.NextDouble() < RepeatedShare ? 2 : 1;
            while (open > 0)
            {
                await pace.WaitForNextTickAsync(cancellationToken);
                if (await TryPostAsync(body, events, cancellationToken))
                {
                    open--;
                }
                else
                {
                    Failures++;
                }
            }

            Accepted += events;
        }
    }

    private async Task<bool> TryPostAsync(string body, int events, CancellationToken cancellationToken)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/x-ndjson");
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TestTimeout);
        try
        {
            using HttpResponseMessage answer = await host.Http.PostAsync(
                new Uri("/api/v1/events", UriKind.Relative),
                content,
                timeout.Token
            );
            return answer.StatusCode switch
            {
                HttpStatusCode.Accepted => await AcceptedAsync(answer, timeout.Token) == events
                    ? true
                    : throw new ChaosException($"not all {events} events of a call were accepted"),
                HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests => false,
                _ => throw new ChaosException(
                    $"POST /api/v1/events answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(timeout.Token)}"
                ),
            };
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return false;
        }
    }

    private static async Task<int> AcceptedAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("accepted").GetInt32();
}
