using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Rules over HTTP: set, followed by every host, by versions, and without PostgreSQL at the request.</summary>
public sealed class RulesTests(Servers servers)
{
    private const string Rules = "/api/v1/recommendation-rules";
    private const string Similar = "/api/v1/recommendations/products/a/similar";
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Rules_are_versions_that_every_host_follows()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]));
        Assert.Equal((0, "b,c"), await AnswerAsync(host));
        await PreviewsAsync(host);

        JsonElement first = await SetAsync(
            host,
            """{"reason":"recalled","rule_set":{"rules":[{"name":"recall","action":"exclude","products":["b"]}]}}"""
        );
        Assert.Equal(1, first.GetProperty("version").GetInt32());
        Assert.Equal((1, "c"), await AnswerAsync(host));
        JsonElement explained = await host.GetAsync($"{Similar}?explain=true");
        Assert.Equal("recall", explained.GetProperty("left_out")[0].GetProperty("rule").GetString());

        await SetAsync(
            host,
            """{"replaces":1,"rule_set":{"rules":[{"name":"new","action":"pin","products":["n"],"position":2}]}}"""
        );
        Assert.Equal((2, "b,n,c"), await AnswerAsync(host));
        using HttpResponseMessage late = await PutAsync(host, """{"replaces":1,"rule_set":{}}""");
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        using HttpResponseMessage wrong = await PutAsync(host, """{"rule_set":{"diversity":7}}""");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        await host.PostAsync($"{Rules}/versions/1/restore", "");
        Assert.Equal((3, "c"), await AnswerAsync(host));
        JsonElement[] versions =
        [
            .. (await host.GetAsync($"{Rules}/versions?limit=2")).GetProperty("versions").EnumerateArray(),
        ];
        Assert.Equal([3, 2], versions.Select(version => version.GetProperty("version").GetInt32()));
        Assert.Equal(
            ["Version 1 again", "By hand"],
            versions.Select(version => version.GetProperty("reason").GetString())
        );

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        Assert.Equal((3, "c"), await AnswerAsync(second));
        await SetAsync(host, """{"rule_set":{}}""");
        await Poll.UntilEqualAsync((4, "b,c"), () => AnswerAsync(second), TestTimeout, "the second host's rules");
    }

    [Fact(Timeout = 180_000)]
    public async Task What_is_out_of_stock_is_not_recommended_until_it_is_there_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]));

        JsonElement changed = await host.PostAsync(
            "/api/v1/stock",
            """{"products":[{"product_id":"b","in_stock":false},{"product_id":"c","in_stock":true}]}"""
        );
        Assert.Equal(1, changed.GetProperty("changed").GetInt32());
        Assert.Equal((0, "c"), await AnswerAsync(host));
        Assert.Equal(
            "b",
            (await host.GetAsync("/api/v1/stock")).GetProperty("products")[0].GetProperty("product_id").GetString()
        );

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        Assert.Equal((0, "c"), await AnswerAsync(second));
        await host.PostAsync("/api/v1/stock", """{"products":[{"product_id":"b","in_stock":true}]}""");
        Assert.Equal((0, "b,c"), await AnswerAsync(host));
        await Poll.UntilEqualAsync((0, "b,c"), () => AnswerAsync(second), TestTimeout, "the second host's stock");
    }

    [Fact(Timeout = 180_000)]
    public async Task Rules_by_brand_and_price_follow_the_events_and_a_visitors_purchases_stay_out()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path))
        {
            await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]));
            await SetAsync(
                host,
                """{"rule_set":{"exclude_bought":true,"rules":[{"name":"dear acme","action":"exclude","brands":["acme"],"min_price":100}]}}"""
            );
            await SendAsync(host, "b", "Acme", 150, "view", "visit 1");
            await SendAsync(host, "c", "Acme", 50, "purchase", "visit 1");
            await SendAsync(host, "a", "Zeta", 1, "view", "visit 2");
            await Poll.UntilEqualAsync((1, "c"), () => AnswerAsync(host), TestTimeout, "the dear product of Acme");

            // Redis has the visitor's purchase by now: the barrier was passed.
            string visit = "/api/v1/recommendations/sessions/visit%202";
            Assert.Contains("c", Items(await host.GetAsync(visit)).Split(','));
            Assert.DoesNotContain("c", Items(await host.GetAsync($"{visit}?user_id=u")).Split(','));
            Assert.DoesNotContain("c", Items(await host.GetAsync("/api/v1/recommendations/users/u")).Split(','));
        }

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await Poll.UntilEqualAsync(
            (1, "c"),
            () => AnswerAsync(second),
            TestTimeout,
            "brands and prices after a restart"
        );
    }

    /// <summary>What rules would do is said, and nothing has changed after it.</summary>
    private static async Task PreviewsAsync(ServingHost host)
    {
        JsonElement preview = await host.PostAsync(
            $"{Rules}/preview",
            """
            {"for":"product","id":"a","rule_set":{"rules":[{"name":"recall","action":"exclude","products":["b"]},{"name":"new","action":"pin","products":["n"],"position":1}]}}
            """
        );

        Assert.Equal(0, preview.GetProperty("rules_version").GetInt32());
        Assert.Equal("b,c", Items(preview.GetProperty("before")));
        Assert.Equal("n,c", Items(preview.GetProperty("after")));
        Assert.Equal(
            ["n added  -> 1 by ", "c same 2 -> 2 by ", "b left 1 ->  by recall"],
            preview
                .GetProperty("changes")
                .EnumerateArray()
                .Select(change =>
                    $"{change.GetProperty("product_id")} {change.GetProperty("change")} {change.GetProperty("place_before")} -> {change.GetProperty("place_after")} by {change.GetProperty("rule")}"
                )
        );
        JsonElement wrong = await host.PostAsync(
            $"{Rules}/preview",
            """{"for":"shelf","count":500,"rule_set":{"diversity":7}}"""
        );
        Assert.Equal(
            ["rule_set.diversity", "count", "for"],
            wrong.GetProperty("errors").EnumerateObject().Select(error => error.Name)
        );
        Assert.Equal((0, "b,c"), await AnswerAsync(host));
        Assert.Empty((await host.GetAsync($"{Rules}/versions")).GetProperty("versions").EnumerateArray());
    }

    private static async Task SendAsync(
        ServingHost host,
        string product,
        string brand,
        int price,
        string type,
        string session
    )
    {
        byte[] value = Encoding.UTF8.GetBytes(
            $$"""{"event_time":"2026-01-01 00:00:00 UTC","event_type":"{{type}}","product_id":"{{product}}","brand":"{{brand}}","price":{{price}},"user_id":"u","user_session":"{{session}}"}"""
        );
        await Poll.UntilAsync(
            async () =>
            {
                // An event from before the catalogue joined the topic is not heard: it is sent until it is.
                await host.Producer.SendAsync(Topics.RawUserBehavior, [new OutgoingMessage(null, value)], Cancelled);
                await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
                return Items(await host.GetAsync("/api/v1/recommendations/trending?explain=true&min_price=1"))
                        .Split(',')
                        .Contains(product)
                    || (await host.GetAsync("/api/v1/recommendations/trending?explain=true"))
                        .GetProperty("left_out")
                        .EnumerateArray()
                        .Any(left => left.GetProperty("product_id").GetString() == product);
            },
            TestTimeout,
            $"{product} is not in the catalogue"
        );
    }

    private static async Task<HttpResponseMessage> PutAsync(ServingHost host, string json)
    {
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        return await host.Http.PutAsync(Rules, content, Cancelled);
    }

    private static async Task<JsonElement> SetAsync(ServingHost host, string json)
    {
        using HttpResponseMessage answer = await PutAsync(host, json);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }

    private static async Task<(int Rules, string Items)> AnswerAsync(ServingHost host)
    {
        JsonElement answer = await host.GetAsync(Similar);
        return (answer.GetProperty("rules_version").GetInt32(), Items(answer));
    }

    private static string Items(JsonElement answer) =>
        string.Join(
            ',',
            answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("product_id").GetString())
        );
}
