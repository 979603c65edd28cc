using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Storage;
using Fecom.Serving.DeleteUsers;
using Fecom.Serving.RunExperiments;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Serving;

/// <summary>An experiment from its definition to its results: alike on every host, also on one that starts later, and stopped by the guard.</summary>
public sealed class ExperimentTests(Servers servers)
{
    private const string Path = "/api/v1/experiments";
    private const int Visitors = 60;
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Visitors_stay_with_their_variant_and_what_they_do_is_counted_once()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]));
        await ModelFolder.AnnounceAsync(
            host,
            models.Recommender(2, ["a", "c"], ["a", "c"], ["a", "b"]) with
            {
                Alias = "reversed",
            }
        );
        await SetsUpAsync(host);
        await TakesPartAsync(host);
        Given[] given = await AnswersAsync(host);
        Assert.Equal(["b,c", "c", "c,b"], given.Select(one => one.Items).Distinct().Order(StringComparer.Ordinal));
        Assert.All(
            given,
            one =>
                Assert.Equal(
                    one.Variant switch
                    {
                        "control" => "b,c",
                        "without_b" => "c",
                        _ => "c,b",
                    },
                    one.Items
                )
        );

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await TakesPartAsync(second);
        Assert.Equal(
            given.Select(one => (one.Variant, one.Items)),
            (await AnswersAsync(second)).Select(one => (one.Variant, one.Items))
        );
        await CountsAsync(host, second, given);
        await DeletesAsync(host, given[0]);
        await GuardsAsync(second);
        await Poll.UntilAsync(
            async () => (await AnswersAsync(host)).All(one => one.Variant != "reversed"),
            TestTimeout,
            "the first host did not hear that the second one's guard stopped a variant"
        );
        await WrittenAsync(host, await AnswerAsync(host, "u0"));
        await ForgetsAsync(second);
        await Poll.UntilAsync(
            async () => (await AnswerAsync(host, "u0")).Experiment is null,
            TestTimeout,
            "the first host did not hear that the experiment was stopped at the second one"
        );
    }

    private static Task TakesPartAsync(ServingHost host) =>
        Poll.UntilAsync(
            async () => (await AnswerAsync(host, "u0")).Experiment is not null,
            TestTimeout,
            "the variant's model was not loaded"
        );

    private static async Task SetsUpAsync(ServingHost host)
    {
        using StringContent rules = Body(
            """{"rule_set":{"rules":[{"name":"no b","action":"exclude","products":["b"]}]}}"""
        );
        using HttpResponseMessage set = await host.Http.PutAsync("/api/v1/recommendation-rules", rules, Cancelled);
        using StringContent none = Body("""{"rule_set":{}}""");
        using HttpResponseMessage unset = await host.Http.PutAsync("/api/v1/recommendation-rules", none, Cancelled);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (set.StatusCode, unset.StatusCode));
        await Poll.UntilAsync(
            async () =>
                await host.Database.ReadAsync<long>(
                    "select count(*) from serving.known_version where version = 2",
                    null,
                    Cancelled
                ) == 1,
            TestTimeout,
            "version 2 was not heard of"
        );

        Assert.Contains(
            "variants[1].model_version",
            await RefusedAsync(host, Definition("first", model: 7)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "variants[2].rules_version",
            await RefusedAsync(host, Definition("first", rules: 9)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "shares add up to 1",
            await RefusedAsync(host, Definition("first", share: 0.5)),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.Created, await PostAsync(host, Path, Definition("first")));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(host, Path, Definition("first")));
        Assert.Equal(HttpStatusCode.Created, await PostAsync(host, Path, Definition("other")));
        Assert.Null((await AnswerAsync(host, "u0")).Experiment);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(host, $"{Path}/first/start", """{"reason":"a first look"}"""));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(host, $"{Path}/first/start", "{}"));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(host, $"{Path}/other/start", "{}"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(host, $"{Path}/none/start", "{}"));
        Assert.Equal(
            ["a first look", "By hand"],
            (await host.GetAsync($"{Path}/first/versions"))
                .GetProperty("experiments")
                .EnumerateArray()
                .Select(one => one.GetProperty("reason").GetString())
        );
    }

    /// <summary>Each visitor sees c, those of the control click on it, and one of them buys: feedback that is sent again, to another host, changes no figure.</summary>
    private static async Task CountsAsync(ServingHost host, ServingHost second, Given[] given)
    {
        List<string> items = [];
        foreach (Given one in given)
        {
            items.Add(Item(one.Id, "impression"));
            if (one.Variant == "control")
            {
                items.Add(Item(one.Id, "click"));
            }
        }

        Given buyer = given.First(one => one.Variant == "control" && one.User != given[0].User);
        items.Add($$"""{"recommendation_id":"{{buyer.Id}}","product_id":"c","type":"purchase","price":12.5}""");
        string batch = $$"""{"feedback":[{{string.Join(',', items)}}]}""";
        await host.PostAsync("/api/v1/feedback/batch", batch);
        await second.PostAsync("/api/v1/feedback/batch", batch);
        int control = given.Count(one => one.Variant == "control");

        await Poll.UntilAsync(
            async () => Of(await host.GetAsync($"{Path}/first/results"), 0, "purchases").GetInt64() == 1,
            TestTimeout,
            "the feedback was not counted"
        );
        JsonElement results = await host.GetAsync($"{Path}/first/results");
        Assert.Equal(control, Of(results, 0, "units").GetInt64());
        Assert.Equal(control, Of(results, 0, "clicks").GetInt64());
        Assert.Equal(12.5m, Of(results, 0, "revenue").GetDecimal());
        Assert.Equal(given.Length, Enumerable.Range(0, 3).Sum(i => Of(results, i, "units").GetInt64()));
        Assert.Equal(given.Length, Enumerable.Range(0, 3).Sum(i => Of(results, i, "impressions").GetInt64()));
        JsonElement rate = Of(results, 1, "metrics").GetProperty("click_rate");
        Assert.Equal((0, -1), (rate.GetProperty("value").GetDouble(), rate.GetProperty("difference").GetDouble()));
        JsonElement conversion = Of(results, 0, "metrics").GetProperty("conversion");
        Assert.Equal(1.0 / control, conversion.GetProperty("value").GetDouble(), 9);
        Assert.True(conversion.GetProperty("low").GetDouble() < 1.0 / control);
        Assert.False(results.GetProperty("sample_ratio_mismatch").GetBoolean());
        await Poll.UntilEqualAsync(
            control + 1L,
            () =>
                host.Database.ReadAsync<long>(
                    """
                    select count(*) from gold.fact_feedback
                    where experiment = 'first' and variant = 'control' and outcome = 'counted' and type in ('click', 'purchase')
                    """,
                    null,
                    Cancelled
                ),
            TestTimeout,
            "the experiment's feedback in gold"
        );
        JsonElement[] variants =
        [
            .. (await host.GetAsync("/api/v1/kpis/recommendations?by=variant")).GetProperty("groups").EnumerateArray(),
        ];
        Assert.Equal(given.Length, variants.Sum(one => one.GetProperty("impressions").GetInt64()));
        JsonElement first = variants.Single(one => one.GetProperty("variant").GetString() == "control");
        Assert.Equal(
            ("first", control, control, 1, 12.5m),
            (
                first.GetProperty("experiment").GetString(),
                first.GetProperty("impressions").GetInt32(),
                first.GetProperty("clicks").GetInt32(),
                first.GetProperty("purchases").GetInt32(),
                first.GetProperty("revenue").GetDecimal()
            )
        );
        Assert.Empty(
            (await host.GetAsync("/api/v1/kpis/recommendations?by=variant&to=2019-01-01T00:00:00Z"))
                .GetProperty("groups")
                .EnumerateArray()
        );
    }

    private static async Task DeletesAsync(ServingHost host, Given one)
    {
        IReadOnlyDictionary<string, long> deleted = await host
            .Services.GetServices<IUserRecords>()
            .OfType<UsersPredictions>()
            .Single()
            .DeleteAsync(new DeletedUser(one.User, TimeProvider.System.GetUtcNow().UtcDateTime, []), Cancelled);

        Assert.Equal(1, deleted["experiment_sessions"]);
        Assert.Equal(
            0,
            await host.Database.ReadAsync<long>(
                "select count(*) from serving.recommendation where recommendation_id = @Id and (unit is not null or session is not null)",
                new { one.Id },
                Cancelled
            )
        );
    }

    /// <summary>Of 3,000 visitors each half of the control's click, and a quarter of one variant's.</summary>
    private static async Task GuardsAsync(ServingHost host)
    {
        await host.Database.ExecuteAsync(
            """
            insert into serving.experiment_session (experiment, unit, session, variant, first_at, answers, impressions, clicks)
            select 'first', gen_random_uuid(), gen_random_uuid(), variant, now(), 1, 10, case when n % clicking = 0 then 1 else 0 end
            from (values ('control', 2), ('reversed', 4), ('without_b', 2)) as v (variant, clicking), generate_series(1, 3000) n
            """,
            null,
            Cancelled
        );
        ExperimentVersion version = (
            await host.Services.GetRequiredService<ExperimentTable>().FindAsync("first", Cancelled)
        )!;
        await host.Services.GetRequiredService<ExperimentGuard>().JudgeAsync(version, Cancelled);

        JsonElement guarded = (await host.GetAsync($"{Path}/first/versions")).GetProperty("experiments")[0];
        Assert.Equal(
            ("the guard", "running", "reversed"),
            (
                guarded.GetProperty("changed_by").GetString(),
                guarded.GetProperty("state").GetString(),
                guarded.GetProperty("stopped_variants")[0].GetString()
            )
        );
        Assert.StartsWith(
            "Variant 'reversed' loses",
            guarded.GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        Given[] given = await AnswersAsync(host);
        Assert.DoesNotContain("reversed", given.Select(one => one.Variant));
        Assert.Contains("without_b", given.Select(one => one.Variant));
        await WrittenAsync(host, given[^1]);
        await Poll.UntilAsync(
            async () =>
                (await host.HealthAsync("experiments")).Description?.Contains(
                    "the guard changed experiment 'first'",
                    StringComparison.Ordinal
                ) == true,
            TestTimeout,
            "health did not tell of the guard"
        );
    }

    /// <summary>Waits for an answer to be written, and with it all that its host gave before.</summary>
    private static Task WrittenAsync(ServingHost host, Given one) =>
        Poll.UntilEqualAsync(
            1L,
            () =>
                host.Database.ReadAsync<long>(
                    "select count(*) from serving.recommendation where recommendation_id = @Id",
                    new { one.Id },
                    Cancelled
                ),
            TestTimeout,
            "the answer that was given last, which is written after all others"
        );

    private static async Task ForgetsAsync(ServingHost host)
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(host, $"{Path}/first/stop", """{"reason":"seen enough"}"""));
        Assert.Null((await AnswerAsync(host, "u0")).Experiment);
        string before = (await host.GetAsync($"{Path}/first/results")).GetRawText();
        ExperimentTable table = host.Services.GetRequiredService<ExperimentTable>();
        await host
            .Services.GetRequiredService<ExperimentResults>()
            .ForgetAsync(table, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1), Cancelled);

        Assert.Equal(
            0,
            await host.Database.ReadAsync<long>("select count(*) from serving.experiment_session", null, Cancelled)
        );
        Assert.Equal(before, (await host.GetAsync($"{Path}/first/results")).GetRawText());
    }

    private static string Definition(string name, int model = 2, int rules = 1, double share = 0.4) =>
        FormattableString.Invariant(
            $$"""
            {"name":"{{name}}","places":["similar"],"guard":{"metric":"click_rate"},"variants":[{"name":"control","share":{{share}}},
            {"name":"reversed","share":0.3,"model_version":{{model}}},{"name":"without_b","share":0.3,"rules_version":{{rules}}}]}
            """
        );

    private static async Task<string> RefusedAsync(ServingHost host, string json)
    {
        using StringContent body = Body(json);
        using HttpResponseMessage answer = await host.Http.PostAsync(Path, body, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancelled);
    }

    private static async Task<HttpStatusCode> PostAsync(ServingHost host, string path, string json)
    {
        using StringContent body = Body(json);
        using HttpResponseMessage answer = await host.Http.PostAsync(path, body, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<Given[]> AnswersAsync(ServingHost host)
    {
        List<Given> given = [];
        for (int i = 0; i < Visitors; i++)
        {
            given.Add(await AnswerAsync(host, $"u{i}"));
        }

        return [.. given];
    }

    private static async Task<Given> AnswerAsync(ServingHost host, string user)
    {
        JsonElement answer = await host.GetAsync(
            $"/api/v1/recommendations/products/a/similar?user_id={user}&user_session=s-{user}"
        );
        JsonElement experiment = answer.GetProperty("experiment");
        bool isPart = experiment.ValueKind == JsonValueKind.Object;
        return new Given(
            user,
            answer.GetProperty("recommendation_id").GetGuid(),
            isPart ? experiment.GetProperty("name").GetString() : null,
            isPart ? experiment.GetProperty("variant").GetString() : null,
            string.Join(
                ',',
                answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("product_id").GetString())
            )
        );
    }

    private static string Item(Guid id, string type) =>
        $$"""{"recommendation_id":"{{id}}","product_id":"c","type":"{{type}}"}""";

    private static JsonElement Of(JsonElement results, int variant, string field) =>
        results.GetProperty("variants")[variant].GetProperty(field);

    private static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    private sealed record Given(string User, Guid Id, string? Experiment, string? Variant, string Items);
}
