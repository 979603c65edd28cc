using Fecom.Platform.Storage;
using Fecom.Serving.TellFeedback;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Which feedback is told next: hosts' clocks differ, so that times do not ascend with the numbers.</summary>
public sealed class UntoldFeedbackTests(Servers servers)
{
    private static readonly DateTime Future = new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Feedback_behind_one_that_is_too_new_waits_with_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        // All of it is too new for the host itself, which tells nothing meanwhile.
        foreach (double seconds in new[] { -1, 0.05, 0, 0.05 })
        {
            await host.Database.ExecuteAsync(
                """
                insert into serving.feedback (recommendation_id, product_id, type, received_at, is_repeat)
                values (gen_random_uuid(), 'a', 'click', @at, false)
                """,
                new { at = Future.AddSeconds(seconds) },
                Cancelled
            );
        }

        UntoldFeedback untold = host.Services.GetRequiredService<UntoldFeedback>();

        Assert.Equal([1L], await NextAsync(Future.AddSeconds(0.02), 10));
        Assert.Equal([1L, 2L], await NextAsync(Future.AddSeconds(1), 2));
        Assert.Equal([1L, 2L, 3L, 4L], await NextAsync(Future.AddSeconds(1), 10));

        async Task<IEnumerable<long>> NextAsync(DateTime before, int limit) =>
            (await untold.NextAsync(before, limit, Cancelled)).Select(one => one.Seq);
    }
}
