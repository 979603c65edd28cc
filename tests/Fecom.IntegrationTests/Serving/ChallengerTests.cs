using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Serving;

/// <summary>A challenger answers a share of the visitors and answers others unseen, on every host; when it cannot, the champion does.</summary>
public sealed class ChallengerTests(Servers servers)
{
    private const string Setting = "/api/v1/challengers/recommender";
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_challenger_answers_its_share_and_one_that_cannot_be_loaded_harms_nobody()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ServingHost host = await ServingHost.StartAsync(
            database,
            redis.ConnectionString,
            models.Path,
            ("Serving:PredictionLog:Share", "1")
        );
        await ModelFolder.ServeAsync(
            host,
            models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]),
            models.Purchase(1)
        );
        await ModelFolder.AnnounceAsync(
            host,
            models.Recommender(2, ["a", "c"], ["a", "c"], ["a", "b"]) with
            {
                Alias = "challenger",
            },
            models.Purchase(2) with
            {
                Alias = "challenger",
            }
        );
        using HttpResponseMessage wrong = await SetAsync(host, """{"canary_share":2,"shadow_share":0}""");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using HttpResponseMessage set = await SetAsync(
            host,
            """{"canary_share":0.5,"shadow_share":1,"reason":"a first look","replaces":0}"""
        );
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using HttpResponseMessage late = await SetAsync(host, """{"canary_share":1,"shadow_share":1,"replaces":0}""");
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        await IsAsync(host, "recommender 1 2 ready");

        (int Version, string Items)[] first = await AnswersAsync(host);
        Assert.InRange(first.Count(answer => answer.Version == 2), 8, 32);
        Assert.All(first, answer => Assert.Equal(answer.Version == 2 ? "c,b" : "b,c", answer.Items));
        Assert.Equal(first, await AnswersAsync(host));
        await using (ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path))
        {
            await IsAsync(second, "recommender 1 2 ready");
            Assert.Equal(first, await AnswersAsync(second));
        }

        await ShadowsAsync(host);
        await PredictsAsync(host);
        await HarmsNobodyAsync(host, models);
    }

    /// <summary>It was promoted and failed: whoever brought the former champion back does not want it before any visitor.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_challenger_that_became_champion_is_none_after_the_former_champion_is_back()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path,
            ("Serving:Challenger:CanaryShare", "1")
        );
        ModelPromoted former = models.Recommender(1, ["a", "b"]);
        ModelPromoted next = models.Recommender(2, ["a", "c"]);
        await ModelFolder.ServeAsync(host, former);
        await ModelFolder.AnnounceAsync(host, next with { Alias = "challenger", Promotion = 2 });
        await IsAsync(host, "recommender 1 2 ready");
        await ModelFolder.ServeAsync(host, next with { Promotion = 3 });
        await IsAsync(host, "recommender 2  none");

        await ModelFolder.ServeAsync(host, former with { Promotion = 4 });

        await IsAsync(host, "recommender 1  none");
        Assert.All(await AnswersAsync(host), answer => Assert.Equal(1, answer.Version));
    }

    /// <summary>Of the visitors whom the champion answered the challenger's lists are there too, and are compared.</summary>
    private static async Task ShadowsAsync(ServingHost host)
    {
        await Poll.UntilAsync(
            async () =>
                await host.Database.ReadAsync<long>(
                    "select count(*) from serving.shadow_recommendation",
                    null,
                    Cancelled
                ) >= 8,
            TestTimeout,
            "the unseen answers were not written"
        );
        Guid id = await host.Database.ReadAsync<Guid>(
            "select recommendation_id from serving.shadow_recommendation limit 1",
            null,
            Cancelled
        );
        await host.PostAsync(
            "/api/v1/feedback",
            $$"""{"recommendation_id":"{{id}}","product_id":"c","type":"click"}"""
        );
        JsonElement day = (await host.GetAsync($"{Setting}/comparison")).GetProperty("days")[0];
        Assert.Equal(
            (1, 2),
            (day.GetProperty("champion_version").GetInt32(), day.GetProperty("challenger_version").GetInt32())
        );
        Assert.Equal(1, day.GetProperty("overlap").GetDouble());
        Assert.Equal(
            (1, 0.5, 1),
            (
                day.GetProperty("clicked").GetInt32(),
                day.GetProperty("shown_reciprocal_rank").GetDouble(),
                day.GetProperty("challenger_reciprocal_rank").GetDouble()
            )
        );
    }

    /// <summary>Each instance of a call goes by its own visitor, and what was not shown is logged beside what was.</summary>
    private static async Task PredictsAsync(ServingHost host)
    {
        EventMaker maker = new(seed: 5, users: 40, invalid: 0);
        (OutgoingMessage Message, BehaviorEvent? Event)[] made =
        [
            .. Enumerable.Range(0, 300).Select(_ => maker.Next()),
        ];
        await host.Producer.SendAsync(Topics.RawUserBehavior, [.. made.Select(one => one.Message)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        await host.Barrier.PassAsync(Topics.ValidatedUserBehavior, Cancelled);
        using HttpResponseMessage set = await host.Http.PutAsync(
            "/api/v1/challengers/purchase",
            Body("""{"canary_share":0.5,"shadow_share":1}"""),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        await IsAsync(host, "purchase 1 2 ready");
        string instances = string.Join(
            ',',
            made.Select(one => one.Event!)
                .DistinctBy(e => e.UserId)
                .Select(e =>
                    $$"""{"user_id":"{{e.UserId}}","product_id":"{{e.ProductId}}","user_session":"{{e.UserSession}}"}"""
                )
        );

        JsonElement answer = await host.PostAsync(
            "/api/v1/predictions/purchase",
            $$"""{"instances":[{{instances}}]}"""
        );

        int[] versions =
        [
            .. answer
                .GetProperty("predictions")
                .EnumerateArray()
                .Select(one => one.GetProperty("model_version").GetInt32()),
        ];
        Assert.Equal([1, 2], versions.Distinct().Order());
        Assert.Equal(1, answer.GetProperty("model").GetProperty("version").GetInt32());
        long shown = versions.Count(version => version == 1);
        await Poll.UntilEqualAsync(
            shown,
            () =>
                host.Database.ReadAsync<long>(
                    "select count(*) from serving.logged_prediction where version = 2 and shown_probability is not null",
                    null,
                    Cancelled
                ),
            TestTimeout,
            "the unseen predictions in the log"
        );
        Assert.Equal(
            shown,
            await host.Database.ReadAsync<long>(
                """
                select count(*) from serving.logged_prediction unseen join serving.logged_prediction seen using (user_session, product_id)
                where unseen.shown_probability = seen.probability and seen.version = 1 and unseen.version = 2
                """,
                null,
                Cancelled
            )
        );
        JsonElement day = (await host.GetAsync("/api/v1/challengers/purchase/comparison")).GetProperty("days")[0];
        Assert.Equal(shown, day.GetProperty("answers").GetInt64());
    }

    private static async Task HarmsNobodyAsync(ServingHost host, ModelFolder models)
    {
        ModelPromoted broken = models.Recommender(3, ["a", "c"]) with { Alias = "challenger" };
        models.Corrupt(broken);
        using HttpResponseMessage all = await SetAsync(host, """{"canary_share":1,"shadow_share":0}""");
        Assert.Equal(HttpStatusCode.OK, all.StatusCode);
        await ModelFolder.AnnounceAsync(host, broken);
        await IsAsync(host, "recommender 1 3 cannot_be_loaded");

        Assert.All(await AnswersAsync(host), answer => Assert.Equal(1, answer.Version));
        JsonElement similar = await host.GetAsync("/api/v1/recommendations/products/a/similar?user_id=u");
        Assert.Contains(
            "Version 3, which should answer beside it, cannot be loaded",
            similar.GetProperty("model").GetProperty("notes")[0].GetString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Version 3, which should answer beside it, cannot be loaded",
            (await host.ModelHealthAsync()).Description,
            StringComparison.Ordinal
        );
        JsonElement changes = (await host.GetAsync($"{Setting}/changes")).GetProperty("changes");
        Assert.Equal(
            ["By hand", "a first look"],
            changes.EnumerateArray().Select(change => change.GetProperty("reason").GetString())
        );
    }

    private static Task IsAsync(ServingHost host, string expected) =>
        Poll.UntilAsync(
            async () =>
                (await host.GetAsync("/api/v1/challengers"))
                    .GetProperty("challengers")
                    .EnumerateArray()
                    .Select(one =>
                        $"{one.GetProperty("model")} {one.GetProperty("champion_version")} {one.GetProperty("challenger_version")} {one.GetProperty("state")}"
                    )
                    .Contains(expected),
            TestTimeout,
            $"the challenger did not become '{expected}'"
        );

    /// <summary>What each of 40 visitors is answered.</summary>
    private static async Task<(int Version, string Items)[]> AnswersAsync(ServingHost host)
    {
        List<(int, string)> answers = [];
        for (int i = 0; i < 40; i++)
        {
            JsonElement answer = await host.GetAsync($"/api/v1/recommendations/products/a/similar?user_id=u{i}");
            answers.Add(
                (
                    answer.GetProperty("model").GetProperty("version").GetInt32(),
                    string.Join(
                        ',',
                        answer
                            .GetProperty("items")
                            .EnumerateArray()
                            .Select(item => item.GetProperty("product_id").GetString())
                    )
                )
            );
        }

        return [.. answers];
    }

    private static Task<HttpResponseMessage> SetAsync(ServingHost host, string json) =>
        host.Http.PutAsync(Setting, Body(json), Cancelled);

    private static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");
}
