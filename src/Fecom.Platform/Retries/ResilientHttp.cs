using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace Fecom.Platform.Retries;

/// <summary>HTTP clients for third-party servers: a timeout for each attempt, and a few attempts a call.</summary>
public static class ResilientHttp
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Retries a call that got no answer, or 408, 429 or 5xx, after the schedule's delay or as long as
    /// <c>Retry-After</c> asks. After that the caller retries, and reports why it waits. There is no circuit breaker,
    /// as each server has one caller.
    /// </summary>
    /// <param name="client">The client; its requests must be idempotent.</param>
    /// <param name="timeout">Timeout of one attempt, from the connection to the response headers.</param>
    /// <param name="schedule">The waits between attempts.</param>
    /// <param name="repeats">Attempts after the first; 0 where the caller retries by itself, and reports meanwhile why it waits.</param>
    public static IHttpClientBuilder AddAttempts(
        this IHttpClientBuilder client,
        Func<IServiceProvider, TimeSpan> timeout,
        Func<IServiceProvider, RetrySchedule> schedule,
        int repeats = 2
    )
    {
        client
            .RemoveAllLoggers()
            // Each client is kept for as long as the host runs; the socket handler below it renews connections.
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

    /// <summary>Maximum time of all attempts and delays together; also ends a response whose body never ends.</summary>
    private static TimeSpan MaxDuration(TimeSpan timeout, RetrySchedule waits, int repeats) =>
        ((repeats + 1) * timeout) + (repeats * waits.MaxDelay) + timeout;
}
