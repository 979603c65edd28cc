using System.Net;
using System.Net.Http.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>A sink that is slow slows its senders; nothing is dropped, and memory stays bounded.</summary>
public sealed class FlowControlTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task A_sink_that_takes_two_seconds_a_batch_makes_files_and_callers_wait_and_nothing_is_dropped()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "100000",
            "--seed",
            "41",
            "--out",
            $"{shop.Data}/events.csv"
        );
        HostProcess host = await shop.StartHostAsync(("Ingestion__Events__MaxBacklogEvents", "20000"));
        await shop.ExecuteAsync(
            """
            create function public.wait_two_seconds() returns trigger language plpgsql as $$ begin perform pg_sleep(2); return null; end $$;
            create trigger slow before insert on bronze.event for each statement execute function public.wait_two_seconds()
            """
        );
        File.Move($"{shop.Data}/events.csv", $"{shop.Raw}/events.csv");
        await Poll.UntilAsync(
            async () => await shop.CountAsync("bronze.event") > 0,
            TimeSpan.FromSeconds(240),
            "nothing came through the slow sink"
        );

        (int accepted, HttpResponseMessage refused) = await PostUntilRefusedAsync(shop);
        using (refused)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        Assert.InRange(await shop.CountAsync("bronze.event"), 1, 99_999);
        await shop.ExecuteAsync("drop trigger slow on bronze.event");
        await shop.LoadedAsync("events.csv");
        Oracle oracle = await shop.OracleAsync("events.csv");
        await Poll.UntilEqualAsync(
            oracle.Count + (long)accepted,
            () => shop.CountAsync("bronze.event"),
            TimeSpan.FromSeconds(240),
            "events in bronze"
        );

        Assert.InRange(host.PeakMemoryMib(), 1, 1_024);
    }

    /// <summary>Posts events until a call is refused.</summary>
    private static async Task<(int Accepted, HttpResponseMessage Refused)> PostUntilRefusedAsync(Shop shop)
    {
        for (int call = 0; ; call++)
        {
            var events = Enumerable
                .Range(0, 500)
                .Select(i => new
                {
                    event_time = "2024-01-01T00:00:00Z",
                    event_type = "view",
                    product_id = $"{i}",
                    price = 1.5,
                    user_id = $"caller-{call}",
                    user_session = $"session-{call}-{i}",
                });
            HttpResponseMessage answer = await shop.Http.PostAsJsonAsync("/api/v1/events", events, Cancelled);
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                return (call * 500, answer);
            }

            answer.Dispose();
            Assert.InRange(call, 0, 2_000);
        }
    }
}
