using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace Fecom.Platform.Retries;

/// <summary>HTTP clients for servers of somebody else's: a time limit an attempt, and a few attempts a call.</summary>
public static class ResilientHttp
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Repeats a call that was not answered, or with 408, 429 or a server's error, after a wait of the schedule or as long as
    /// <c>Retry-After</c> asks. Whoever calls goes on from there, and says what it waits for: so there is no circuit breaker,
    /// as nobody else calls meanwhile.
    /// </summary>
    /// <param name="client">The client; its requests must be harmless when repeated.</param>
    /// <param name="timeout">For one attempt, from the connection to the answer's headers.</param>
    /// <param name="schedule">The waits between attempts.</param>
    /// <param name="repeats">Attempts after the first; 0 where the caller repeats the call itself and says meanwhile what it waits for.</param>
    public static IHttpClientBuilder AddAttempts(
        this IHttpClientBuilder client,
        Func<IServiceProvider, TimeSpan> timeout,
        Func<IServiceProvider, RetrySchedule> schedule,
        int repeats = 2
    )
    {
        client
            .RemoveAllLoggers()
            // One object keeps its client for as long as the host runs, so connections are renewed below it.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, _) => handler.PooledConnectionLifetime = ConnectionLifetime)
            .ConfigureHttpClient(
                (services, http) => http.Timeout = MaxDuration(timeout(services), schedule(services), repeats)
            )
            .AddResilienceHandler(
                "attempts",
                (pipeline, context) =>
                {
                    RetrySchedule waits = schedule(context.ServiceProvider);
                    if (repeats > 0)
                    {
                        pipeline.AddRetry(
                            new HttpRetryStrategyOptions
                            {
                                MaxRetryAttempts = repeats,
                                DelayGenerator = attempt =>
                                    ValueTask.FromResult<TimeSpan?>(
                                        waits.Wait(
                                            attempt.AttemptNumber + 1,
                                            RetryAfter(attempt.Outcome.Result, context.ServiceProvider)
                                        )
                                    ),
                            }
                        );
                    }

                    pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = timeout(context.ServiceProvider) });
                }
            );
        return client;
    }

    /// <summary>How long an answer asks to wait; null when it does not say.</summary>
    /// <param name="answer">The answer, where there is one.</param>
    /// <param name="services">For the time.</param>
    public static TimeSpan? RetryAfter(HttpResponseMessage? answer, IServiceProvider services) =>
        answer?.Headers.RetryAfter is { } after
            ? after.Delta ?? (after.Date - services.GetRequiredService<TimeProvider>().GetUtcNow())
            : null;

    /// <summary>Of all attempts and waits, and an answer whose body does not end.</summary>
    private static TimeSpan MaxDuration(TimeSpan timeout, RetrySchedule waits, int repeats) =>
        ((repeats + 1) * timeout) + (repeats * waits.MaxDelay) + timeout;
}
