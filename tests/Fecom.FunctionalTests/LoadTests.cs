using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>The whole host: files in, stores equal to a slow oracle's, whatever is killed.</summary>
public sealed class LoadTests(Servers servers)
{
    private const int TestTimeout = 600_000;

    [Fact(Timeout = TestTimeout)]
    public async Task A_file_that_is_loaded_reaches_every_store_once()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "30000",
            "--seed",
            "7",
            "--out",
            $"{shop.Raw}/events.csv"
        );

        await shop.StartHostAsync();
        JsonElement source = await shop.LoadedAsync("events.csv");

        Assert.Equal(30_000, source.GetProperty("rows").GetInt64());
        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv"));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task A_host_that_is_killed_again_and_again_in_the_middle_loses_nothing_and_doubles_nothing(
        KafkaKind kafka
    )
    {
        const int events = 120_000;
        await using Shop shop = await Shop.OpenAsync(servers, kafka);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            $"{events}",
            "--seed",
            "8",
            "--out",
            $"{shop.Raw}/events.csv"
        );

        // On a busy machine the load is far ahead by the time that it is looked at: then there is less left to be killed in.
        long seen = 0;
        int kills = 0;
        for (; kills < 3 && seen < events; kills++)
        {
            await shop.StartHostAsync();
            long goal = Math.Min(seen + 20_000, events);
            await Poll.UntilAsync(
                async () => (seen = await shop.CountAsync("bronze.event")) >= goal,
                TimeSpan.FromSeconds(240),
                $"bronze did not grow to {goal}"
            );
            await shop.KillHostAsync();
        }

        Assert.True(kills > 1 || seen < events, "no host was killed in the middle of the load");
        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");

        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv"));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_real_October_file_loads_up_to_its_cut_line_and_every_row_is_accounted_for()
    {
        string file = Repository.RealFileOrSkip("behaviour/2019-Oct.head.csv");
        await using Shop shop = await Shop.OpenAsync(servers);
        File.Copy(file, $"{shop.Raw}/2019-Oct.csv");

        await shop.StartHostAsync();
        JsonElement source = await shop.LoadedAsync("2019-Oct.csv");

        Assert.Equal(17_434, source.GetProperty("rows").GetInt64());
        Assert.Contains("line 17436", source.GetProperty("notice").GetString()!, StringComparison.Ordinal);
        Oracle oracle = await shop.OracleAsync("2019-Oct.csv");
        Assert.Equal(17_434, oracle.Count + await shop.CountAsync("validation.invalid_event"));
        await shop.AssertStoresAsync(oracle);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_mangled_row_is_kept_with_its_file_its_line_and_what_is_wrong()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await File.WriteAllTextAsync(
            $"{shop.Raw}/mangled.csv",
            """
            event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
            2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c
            2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido
            2019-10-01 00:00:00 UTC,gaze,44600062,2103807459595387724,,shiseido,-1,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c

            """,
            TestContext.Current.CancellationToken
        );

        await shop.StartHostAsync();
        await shop.LoadedAsync("mangled.csv");

        Assert.Equal(1, await shop.CountAsync("bronze.event"));
        List<(long Line, string Source, string Rules)> invalid = await InvalidAsync(shop);
        Assert.Equal(
            [(3, "well_formed"), (4, "event_type_known,price_positive")],
            invalid.Select(row => (row.Line, row.Rules))
        );
        Assert.All(invalid, row => Assert.StartsWith("file:mangled.csv@", row.Source, StringComparison.Ordinal));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_file_in_gives_a_prediction_and_recommendations_out_and_so_does_the_next_start()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "20000",
            "--seed",
            "9",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");
        Oracle oracle = await shop.OracleAsync("events.csv");
        (string session, SessionState state) = oracle.Sessions.First(entry =>
            entry.Value.Newest.Type == BehaviorEventType.Cart
        );

        await ModelsServeAsync(shop);
        JsonElement first = await PredictAsync(shop, session, state);
        JsonElement recommended = await shop.Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/recommendations/sessions/{session}?count=10",
            TestContext.Current.CancellationToken
        );

        Assert.Equal("purchase", first.GetProperty("model").GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, first.GetProperty("predictions")[0].GetProperty("fallback").ValueKind);
        Assert.InRange(first.GetProperty("predictions")[0].GetProperty("probability").GetDouble(), 0.0001, 0.9999);
        JsonElement[] items = [.. recommended.GetProperty("items").EnumerateArray()];
        Assert.Equal(10, items.Length);
        Assert.Contains(items, item => item.GetProperty("source").GetString() is "next_item" or "co_visitation");
        Assert.DoesNotContain(
            items,
            item => state.Recent().Any(seen => seen.ProductId == item.GetProperty("product_id").GetString())
        );

        await shop.KillHostAsync();
        await shop.StartHostAsync();
        await ModelsServeAsync(shop);
        JsonElement again = await PredictAsync(shop, session, state);

        Assert.Equal(
            first.GetProperty("predictions")[0].GetProperty("probability").GetDouble(),
            again.GetProperty("predictions")[0].GetProperty("probability").GetDouble()
        );
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task An_event_that_is_posted_is_durable_at_once_and_shows_in_the_online_features(KafkaKind kafka)
    {
        await using Shop shop = await Shop.OpenAsync(servers, kafka);
        await shop.StartHostAsync();
        string body = """
            [{"event_id":"e-1","event_time":"2026-01-02T03:04:05.678Z","event_type":"cart","product_id":"p1","category_id":"c1","price":9.5,"user_id":7,"user_session":"s1"},
             {"event_time":"2026-01-02T03:04:06Z","event_type":"gaze","product_id":"p1","price":-1,"user_id":7,"user_session":"s1"}]
            """;

        for (int repeat = 0; repeat < 2; repeat++)
        {
            JsonElement counts = await PostAsync(shop, body);
            Assert.Equal(1, counts.GetProperty("accepted").GetInt32());
            Assert.Equal(1, counts.GetProperty("rejected")[0].GetProperty("index").GetInt32());
        }

        // The same user's events stay in order, so who has this one has seen both copies of the one before it.
        await PostAsync(
            shop,
            """[{"event_time":"2026-01-02T03:04:07Z","event_type":"view","product_id":"p1","category_id":"c1","price":9.5,"user_id":7,"user_session":"s1"}]"""
        );
        foreach (
            (string view, string entity) in (IEnumerable<(string, string)>)
                [("session", "s1"), ("product", "p1"), ("category", "c1")]
        )
        {
            await Poll.UntilEqualAsync(
                1L,
                async () => await CountAsync(shop, view, entity, "view_count") ?? 0,
                TimeSpan.FromSeconds(240),
                $"views of the {view}"
            );
            Assert.Equal(1, await CountAsync(shop, view, entity, "cart_count"));
        }

        // Nothing orders one endpoint before another: bronze may be later than the features.
        await Poll.UntilEqualAsync(
            1L,
            () => shop.CountAsync("bronze.event where event_type = 'view'"),
            TimeSpan.FromSeconds(240),
            "views in bronze"
        );
        Assert.Equal(1, await shop.CountAsync("bronze.event where event_type = 'cart'"));
    }

    private static async Task<JsonElement> PostAsync(Shop shop, string events)
    {
        using HttpResponseMessage answer = await shop.Http.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            new StringContent(events, System.Text.Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private static async Task ModelsServeAsync(Shop shop)
    {
        JsonElement model = default;
        try
        {
            await Poll.UntilAsync(
                async () =>
                {
                    model = (await shop.Http.GetFromJsonAsync<JsonElement>("/health/ready"))
                        .GetProperty("checks")
                        .GetProperty("model");
                    return model.GetProperty("status").GetString() == "healthy";
                },
                TimeSpan.FromSeconds(240),
                "no model serves"
            );
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {model}\n{shop.Output}", e);
        }
    }

    private static async Task<JsonElement> PredictAsync(Shop shop, string session, SessionState state)
    {
        using HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(
            "/api/v1/predictions/purchase",
            new
            {
                instances = new[]
                {
                    new
                    {
                        user_id = state.Newest.User,
                        product_id = state.ProductId,
                        user_session = session,
                    },
                },
            },
            TestContext.Current.CancellationToken
        );
        return await answer
            .EnsureSuccessStatusCode()
            .Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private static async Task<long?> CountAsync(Shop shop, string view, string entity, string feature)
    {
        using HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(
            "/api/v1/features/online",
            new
            {
                view,
                entities = new[] { entity },
                features = new[] { feature },
            },
            TestContext.Current.CancellationToken
        );
        JsonElement result = (
            await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)
        ).GetProperty("results")[0];
        return result.GetProperty("status").GetString() == "found"
            ? result.GetProperty("features").GetProperty(feature).GetInt64()
            : null;
    }

    private static async Task<List<(long Line, string Source, string Rules)>> InvalidAsync(Shop shop)
    {
        await using Npgsql.NpgsqlCommand command = shop.Database.CreateCommand(
            "select position, source, array_to_string(rules, ',') from validation.invalid_event order by position"
        );
        await using Npgsql.NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<(long, string, string)> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return rows;
    }
}
