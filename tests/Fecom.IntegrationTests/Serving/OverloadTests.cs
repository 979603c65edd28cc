using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Serving;

/// <summary>More requests than a host may answer at once, and an online store that stands still.</summary>
public sealed class OverloadTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_held_Redis_costs_milliseconds_and_the_answer_goes_by_the_session_in_memory()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path,
            ("Serving:LiveSessionTimeout", "00:00:00.015"),
            ("Serving:OnlineStoreTimeout", "00:00:00.150")
        );
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"]));
        await VisitAsync(host, "a");
        await Poll.UntilEqualAsync((null, "b"), () => AnswerAsync(host), TestTimeout, "the session by Redis");

        await redis.HoldAsync(still: true);
        await Poll.UntilEqualAsync(
            ("online_store_away", "b"),
            () => AnswerAsync(host),
            TestTimeout,
            "the session by memory"
        );
        await Poll.UntilAsync(
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                (string? reason, _) = await AnswerAsync(host);
                return reason is not null && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(20);
            },
            TestTimeout,
            "no answer came within 20 ms"
        );

        await redis.HoldAsync(still: false);
        await Poll.UntilEqualAsync((null, "b"), () => AnswerAsync(host), TestTimeout, "the session by Redis again");
    }

    [Fact(Timeout = 240_000)]
    public async Task One_request_too_many_is_refused_and_told_when_to_come_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path,
            ("Serving:MaxConcurrentRequests", "1"),
            ("Serving:MaxQueuedRequests", "0")
        );
        await Poll.UntilEqualAsync((null, ""), () => AnswerAsync(host), TestTimeout, "an answer by Redis");
        await redis.HoldAsync(still: true);
        HttpResponseMessage? refused = null;

        // Nothing is in memory: a request waits for Redis until it gives up, and another one finds no room.
        await Poll.UntilAsync(
            async () =>
            {
                Task<HttpResponseMessage> first = AskAsync(host);
                Task<HttpResponseMessage> second = AskAsync(host);
                foreach (HttpResponseMessage answer in await Task.WhenAll(first, second))
                {
                    if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                    {
                        refused = answer;
                    }
                    else
                    {
                        answer.Dispose();
                    }
                }

                return refused is not null;
            },
            TestTimeout,
            "no request was refused"
        );
        using HttpResponseMessage last = refused!;

        Assert.Equal("1", Assert.Single(last.Headers.GetValues("Retry-After")));
        Assert.Contains(
            "MaxConcurrentRequests",
            await last.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
        await redis.HoldAsync(still: false);
        await Poll.UntilAsync(
            async () =>
            {
                using HttpResponseMessage answer = await AskAsync(host);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            TestTimeout,
            "requests are not answered again"
        );
    }

    private static Task<HttpResponseMessage> AskAsync(ServingHost host) =>
        host.Http.GetAsync("/api/v1/recommendations/sessions/visit?count=1", Cancelled);

    private static async Task<(string? Reason, string Product)> AnswerAsync(ServingHost host)
    {
        JsonElement answer = await host.GetAsync("/api/v1/recommendations/sessions/visit?count=1");
        return (
            answer.GetProperty("fallback_reason").GetString(),
            answer.GetProperty("items").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } item
                ? item.GetProperty("product_id").GetString()!
                : ""
        );
    }

    /// <summary>Sends a visit until this host has it in memory: what came before its reader joined the topic is not heard.</summary>
    private static Task VisitAsync(ServingHost host, string product) =>
        Poll.UntilAsync(
            async () =>
            {
                byte[] value = Encoding.UTF8.GetBytes(
                    $$"""{"event_time":"2026-01-01 00:00:00 UTC","event_type":"view","product_id":"{{product}}","price":1,"user_id":"u","user_session":"visit"}"""
                );
                await host.Producer.SendAsync(Topics.RawUserBehavior, [new OutgoingMessage(null, value)], Cancelled);
                await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
                JsonElement trending = await host.GetAsync("/api/v1/recommendations/trending");
                return trending
                    .GetProperty("items")
                    .EnumerateArray()
                    .Any(item =>
                        item.GetProperty("product_id").GetString() == product
                        && item.GetProperty("source").GetString() == "trending"
                    );
            },
            TestTimeout,
            $"nobody saw {product} visited"
        );
}
