using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>What a caller meets while a store behind the host is away.</summary>
public sealed class StoreOutageTests(Servers servers)
{
    /// <summary>The longest that any call waits for Redis, with a busy machine's share.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_Redis_that_hangs_makes_no_call_hang()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "3000",
            "--seed",
            "41",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");
        object cart = new { instances = new[] { new { product_id = "1", user_session = "s" } } };
        object features = new { view = "session", entities = new[] { "s" } };
        await shop.HoldRedisAsync(still: true);
        try
        {
            // The first calls meet the connection as it breaks, the later ones a broken one.
            for (int round = 0; round < 3; round++)
            {
                Assert.Equal(HttpStatusCode.OK, await CallAsync(shop, "/api/v1/predictions/purchase", cart));
                Assert.Equal(HttpStatusCode.OK, await CallAsync(shop, "/api/v1/recommendations/sessions/s?count=3"));
                Assert.Equal(
                    HttpStatusCode.ServiceUnavailable,
                    await CallAsync(shop, "/api/v1/features/online", features)
                );
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await CallAsync(shop, "/health/ready"));
                Assert.Equal(HttpStatusCode.OK, await CallAsync(shop, "/health/live"));
            }
        }
        finally
        {
            await shop.HoldRedisAsync(still: false);
        }

        await Poll.UntilAsync(
            async () => await CallAsync(shop, "/api/v1/features/online", features) == HttpStatusCode.OK,
            TimeSpan.FromSeconds(60),
            "the online features did not come back with Redis"
        );
    }

    private static async Task<HttpStatusCode> CallAsync(Shop shop, string path, object? body = null)
    {
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = body is null
            ? await shop.Http.GetAsync(new Uri(path, UriKind.Relative), Cancelled)
            : await shop.Http.PostAsJsonAsync(path, body, Cancelled);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Assert.True(elapsed < Limit, $"{path} took {elapsed}");
        return answer.StatusCode;
    }
}
