using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Raw events in; predictions and recommendations out that know them.</summary>
public sealed class LiveSessionTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_prediction_equals_the_models_on_the_offline_stores_row_of_the_newest_event()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        await ModelFolder.ServeAsync(host, models.Purchase(1));
        await SendAsync(host, new EventMaker(seed: 11), 4_000);

        List<BehaviorEvent> events = await StoredEventsAsync(host.Database);
        List<BehaviorEvent> rows = [.. events.GroupBy(e => e.UserSession).Select(session => session.Last())];
        // Every other one without its visitor, who is then the session's.
        string instances = string.Join(
            ',',
            rows.Select(
                (row, i) =>
                    $$"""{"product_id":{{row.ProductId}},"user_session":"{{row.UserSession}}"{{(i % 2 == 0 ? $",\"user_id\":\"{row.UserId}\"" : "")}}}"""
            )
        );
        JsonElement answer = await host.PostAsync(
            "/api/v1/predictions/purchase",
            $$"""{"instances":[{{instances}}]}"""
        );

        Assert.True(rows.Count > 100, $"{rows.Count} sessions are too few");
        Assert.Equal(
            rows.Select(row => host.Purchase!.Predict(FeaturesOf(row, events))),
            answer.GetProperty("predictions").EnumerateArray().Select(p => p.GetProperty("probability").GetSingle())
        );
        Assert.All(
            answer.GetProperty("predictions").EnumerateArray(),
            p => Assert.Equal(JsonValueKind.Null, p.GetProperty("fallback").ValueKind)
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_live_session_is_recommended_what_the_same_told_session_is_and_trends_follow_the_stream()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        TrendingIndex trending = new(TrendingIndex.DefaultHalfLife, 1_000, new CoVisitationOptions());
        await using (ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path))
        {
            EventMaker maker = new(seed: 12, users: 20);
            await FollowsStreamAsync(host);
            List<BehaviorEvent> events = await SendAsync(host, maker, 3_000);
            BehaviorEvent last = events[^1];
            BehaviorEvent[] session = [.. events.Where(e => e.UserSession == last.UserSession).TakeLast(100)];
            await ModelFolder.ServeAsync(host, models.Recommender(1, [last.ProductId, "next", "after"]));

            JsonElement live = await host.GetAsync($"/api/v1/recommendations/sessions/{last.UserSession}?count=5");
            string told = string.Join(
                ',',
                session.Select(e => $$"""{"event_type":"{{e.EventType.Name()}}","product_id":{{e.ProductId}}}""")
            );
            JsonElement same = await host.PostAsync(
                "/api/v1/recommendations/sessions?count=5",
                $$"""{"events":[{{told}}]}"""
            );

            Assert.Equal("next", live.GetProperty("items")[0].GetProperty("product_id").GetString());
            Assert.Equal("co_visitation", live.GetProperty("items")[0].GetProperty("source").GetString());
            Assert.Equal(JsonValueKind.Null, live.GetProperty("fallback").ValueKind);
            Assert.Equal(Items(live)[0], Items(same)[0]);
            events.ForEach(e => trending.Add(e.ProductId, default, e.EventType, e.EventTime));
            trending.Publish();
            string[] expected = Top(trending, 10);
            await Poll.UntilAsync(
                async () => (await TrendingAsync(host)).SequenceEqual(expected),
                TestTimeout,
                "trends do not follow the stream"
            );
        }

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);

        // The log is gone with the first host: what trends is read from the offline store.
        await Poll.UntilAsync(
            async () => (await TrendingAsync(second)).SequenceEqual(Top(trending, 10)),
            TestTimeout,
            "what trends was not found again after a restart"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_session_that_has_finished_is_followed_by_the_next_ones_also_after_a_restart()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        (string, string) idle = ("Serving:SessionIdle", "00:00:01");
        await using (
            ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path, idle)
        )
        {
            await ModelFolder.ServeAsync(host, models.Ranker(1));
            Assert.DoesNotContain("new", await NextAsync(host));
            await FollowsStreamAsync(host);
            foreach (string product in (string[])["p7", "new", "p7", "new"])
            {
                string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", null);
                byte[] viewed = Encoding.UTF8.GetBytes(
                    $$"""{"event_time":"{{now}} UTC","event_type":"view","product_id":"{{product}}","price":1,"user_id":"u","user_session":"walk"}"""
                );
                await host.Producer.SendAsync(Topics.RawUserBehavior, [new OutgoingMessage(null, viewed)], Cancelled);
            }

            await Poll.UntilAsync(
                async () => (await NextAsync(host)).Contains("new"),
                TestTimeout,
                "a finished session is in no answer"
            );
            await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        }

        await using ServingHost second = await ServingHost.StartAsync(
            database,
            redis.ConnectionString,
            models.Path,
            idle
        );

        await Poll.UntilAsync(
            async () => (await NextAsync(second)).Contains("new"),
            TestTimeout,
            "the finished session was forgotten by the restart"
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_Redis_that_is_away_or_hangs_costs_features_not_answers(bool hangs)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        await ModelFolder.ServeAsync(host, models.Purchase(1), models.Recommender(1, ["a", "b"]));
        List<BehaviorEvent> events = await SendAsync(host, new EventMaker(seed: 13), 500);
        BehaviorEvent last = events[^1];
        Assert.Equal(
            JsonValueKind.Null,
            Prediction(await host.PredictAsync(last.ProductId, last.UserSession)).GetProperty("fallback").ValueKind
        );

        await (hangs ? redis.HoldAsync(still: true) : redis.KillAsync());
        // The first answers after it find the connection broken; from then on nobody waits.
        await host.PredictAsync(last.ProductId, last.UserSession);
        long start = Stopwatch.GetTimestamp();
        JsonElement prediction = Prediction(await host.PredictAsync(last.ProductId, last.UserSession));
        JsonElement recommendation = await host.GetAsync(
            $"/api/v1/recommendations/sessions/{last.UserSession}?count=3"
        );
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);

        Assert.Equal("online_store_away", prediction.GetProperty("fallback_reason").GetString());
        Assert.Equal((float)host.Purchase!.BaseRate, prediction.GetProperty("probability").GetSingle());
        Assert.NotEqual(0, recommendation.GetProperty("items").GetArrayLength());
        Assert.NotEqual(JsonValueKind.Null, recommendation.GetProperty("fallback").ValueKind);
        Assert.True(elapsed < TimeSpan.FromSeconds(10), $"two answers took {elapsed}");

        await (hangs ? redis.HoldAsync(still: false) : redis.StartServerAsync());
        await Poll.UntilAsync(
            async () =>
                Prediction(await host.PredictAsync(last.ProductId, last.UserSession)).GetProperty("fallback").ValueKind
                == JsonValueKind.Null,
            TimeSpan.FromSeconds(60),
            "predictions did not come back with Redis"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wrong_request_is_refused_with_the_place_of_the_error()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );

        JsonElement problem = await host.PostAsync(
            "/api/v1/predictions/purchase",
            """{"instances":[{"product_id":1,"user_session":"s"},{"product_id":[],"user_session":"s"}]}"""
        );
        using HttpResponseMessage response = await host.Http.GetAsync(
            "/api/v1/recommendations/trending?count=1000",
            Cancelled
        );

        Assert.Equal(400, problem.GetProperty("status").GetInt32());
        Assert.Equal("instances[1].product_id", Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"count\"", await response.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Any_id_is_known_by_its_path_and_can_be_left_out()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        string[] ids = ["SKU/1", "q%2F1", "SKU,2", @"back\slash", "ä b+c&d", "50%"];
        await ModelFolder.ServeAsync(host, models.Recommender(1, ids));
        string session = "visit/7";
        byte[] viewed = Encoding.UTF8.GetBytes(
            $$"""{"event_time":"2026-01-01 00:00:00 UTC","event_type":"view","product_id":"SKU/1","price":1,"user_id":"u/1","user_session":"{{session}}"}"""
        );
        await host.Producer.SendAsync(Topics.RawUserBehavior, [new OutgoingMessage(null, viewed)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        foreach (string id in ids)
        {
            string[] similar = Items(
                await host.GetAsync($"/api/v1/recommendations/products/{Uri.EscapeDataString(id)}/similar")
            );
            Assert.Equal(ids.Where(other => other != id).Order(), similar.Order());
        }

        string next = $"/api/v1/recommendations/sessions/{Uri.EscapeDataString(session)}";
        JsonElement live = await host.GetAsync(next);
        Assert.Equal("visited together with SKU/1", live.GetProperty("items")[0].GetProperty("reason").GetString());
        Assert.Equal(
            ["50%"],
            Items(
                await host.GetAsync(
                    $"{next}?exclude={Uri.EscapeDataString(@"SKU\,2,back\slash,q%2F1")}&exclude={Uri.EscapeDataString("ä b+c&d")}"
                )
            )
        );
    }

    /// <summary>Trending hears what comes after it joined: sends an event of long ago, which weighs nothing, until it is heard.</summary>
    private static Task FollowsStreamAsync(ServingHost host) =>
        Poll.UntilAsync(
            async () =>
            {
                byte[] old = Encoding.UTF8.GetBytes(
                    """{"event_time":"2020-01-01 00:00:00 UTC","event_type":"view","product_id":"old","price":1,"user_id":"old","user_session":"old"}"""
                );
                await host.Producer.SendAsync(Topics.RawUserBehavior, [new OutgoingMessage(null, old)], Cancelled);
                return (await TrendingAsync(host)).Contains("old");
            },
            TestTimeout,
            "trending does not follow the stream"
        );

    private static async Task<List<BehaviorEvent>> SendAsync(ServingHost host, EventMaker maker, int count)
    {
        (OutgoingMessage Message, BehaviorEvent? Event)[] made =
        [
            .. Enumerable.Range(0, count).Select(_ => maker.Next()),
        ];
        await host.Producer.SendAsync(Topics.RawUserBehavior, [.. made.Select(m => m.Message)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        return [.. made.Where(m => m.Event is not null).Select(m => m.Event!)];
    }

    /// <summary>The newest event of each session, where no other happened in the same moment, and its features.</summary>
    /// <summary>What the offline store's events make of a session that is over: the states of the views after all of them, at the session's last event.</summary>
    private static PurchaseFeatures FeaturesOf(BehaviorEvent row, List<BehaviorEvent> events) =>
        PurchaseFeatures
            .Of(
                new CartMoment
                {
                    ProductId = row.ProductId,
                    UserSession = row.UserSession,
                    At = row.EventTime,
                    Zone = TimeZoneInfo.Utc,
                    Session = After(FeatureViews.Session, events.Where(e => e.UserSession == row.UserSession)),
                    User = After(FeatureViews.User, events.Where(e => e.UserId == row.UserId)),
                    Product = After(FeatureViews.Product, events.Where(e => e.ProductId == row.ProductId)),
                    Shop = After(FeatureViews.Shop, events),
                }
            )!
            .Value;

    private static T After<T>(StateView<T> view, IEnumerable<BehaviorEvent> events)
        where T : EntityState, new()
    {
        T state = view.Create();
        foreach (BehaviorEvent e in events)
        {
            state.Step(e);
        }

        return state;
    }

    /// <summary>In the order of the views: by time, then by id.</summary>
    private static async Task<List<BehaviorEvent>> StoredEventsAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session
            from bronze.validated_event
            """
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancelled);
        List<BehaviorEvent> events = [];
        while (await reader.ReadAsync(Cancelled))
        {
            Assert.True(BehaviorEventTypes.TryParse(reader.GetString(2), out BehaviorEventType type));
            events.Add(
                new BehaviorEvent
                {
                    EventId = reader.GetGuid(0),
                    EventTime = reader.GetDateTime(1),
                    EventType = type,
                    ProductId = reader.GetString(3),
                    CategoryId = reader.IsDBNull(4) ? null : reader.GetString(4),
                    CategoryCode = reader.IsDBNull(5) ? null : reader.GetString(5),
                    Brand = reader.IsDBNull(6) ? null : reader.GetString(6),
                    Price = reader.GetDecimal(7),
                    UserId = reader.GetString(8),
                    UserSession = reader.GetString(9),
                    Source = "test",
                    Position = 0,
                    ReceivedAt = default,
                    ValidatedAt = default,
                }
            );
        }

        return [.. events.OrderBy(EventOrder.TimeOf).ThenBy(EventOrder.TieOf)];
    }

    private static JsonElement Prediction(JsonElement answer) => answer.GetProperty("predictions")[0];

    /// <summary>What the ranker names after product p7.</summary>
    private static async Task<string[]> NextAsync(ServingHost host)
    {
        JsonElement answer = await host.PostAsync(
            "/api/v1/recommendations/sessions",
            """{"events":[{"event_type":"view","product_id":"p7"}]}"""
        );
        return
        [
            .. answer
                .GetProperty("items")
                .EnumerateArray()
                .Where(item => item.GetProperty("source").GetString() == "next_item")
                .Select(item => item.GetProperty("product_id").GetString()!),
        ];
    }

    private static async Task<string[]> TrendingAsync(ServingHost host) =>
        Items(await host.GetAsync("/api/v1/recommendations/trending?count=10"));

    private static string[] Top(TrendingIndex trending, int count) =>
        [.. trending.Top(new RecommendationQuery { Count = count }).Select(product => product.ProductId)];

    private static string[] Items(JsonElement answer) =>
        [.. answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("product_id").GetString()!)];
}
