using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Fecom.Platform.Storage;
using Fecom.Serving;
using Fecom.Serving.RecordAnswers;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Feedback on recommendations, from the call through Kafka to the figures in gold.</summary>
public sealed class FeedbackTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task What_is_said_of_a_recommendation_is_counted_once_by_what_recommended_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"], ["a", "b"], ["a", "c"]));
        JsonElement answer = await host.GetAsync("/api/v1/recommendations/products/a/similar");
        Assert.Equal(
            ["b", "c"],
            answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("product_id").GetString())
        );
        string id = answer.GetProperty("recommendation_id").GetString()!;
        Guid old = Guid.CreateVersion7(TimeProvider.System.GetUtcNow().AddDays(-9));
        await host
            .Services.GetRequiredService<AnswerTable>()
            .WriteAsync(
                [new ServedAnswer(old, "similar", AnsweringModel.Fallback("trending"), 0, ["b"], ["trending"])],
                Cancelled
            );

        JsonElement one = await host.PostAsync("/api/v1/feedback", Item(id, "b", "impression"));
        Assert.Equal((1, 0), Taken(one));
        string batch = $$"""
            {"feedback":[{{Item(id, "c", "impression")}},{{Item(id, "c", "click")}},{{Item(id, "c", "click")}},
            {"recommendation_id":"{{id}}","product_id":"c","type":"purchase","price":9.5},{{Item(id, "z", "click")}},
            {{Item($"{Guid.CreateVersion7()}", "b", "click")}},{{Item($"{Guid.NewGuid()}", "b", "click")}},{{Item(
                $"{old}",
                "b",
                "click"
            )}}]}
            """;
        Assert.Equal((8, 1), Taken(await host.PostAsync("/api/v1/feedback/batch", batch)));
        Assert.Equal((8, 8), Taken(await host.PostAsync("/api/v1/feedback/batch", batch)));

        await Poll.UntilEqualAsync("4 9 2 1 1", () => OutcomesAsync(host), TestTimeout, "the feedback's outcomes");
        Assert.Equal(
            ["1: 1 0 - 0 0", "2: 1 1 1 1 9.5"],
            [.. (await GroupsAsync(host, "position")).Order(StringComparer.Ordinal)]
        );
        Assert.Equal(
            ["similar/recommender/1/co_visitation: 2 1 0.5 1 9.5"],
            await GroupsAsync(host, "kind", "model", "source")
        );

        // What was sent and not known to have arrived is sent again: the figures stay.
        await host.Database.ExecuteAsync("update serving.feedback_told set seq = 0", null, Cancelled);
        await host.PostAsync("/api/v1/feedback", Item(id, "b", "click"));
        await Poll.UntilEqualAsync("5 9 2 1 1", () => OutcomesAsync(host), TestTimeout, "the outcomes after a repeat");
        Assert.Equal(
            18,
            await host.Database.ReadAsync<long>("select count(*) from gold.fact_feedback", null, Cancelled)
        );
    }

    [Fact(Timeout = 180_000)]
    public async Task What_cannot_be_feedback_is_refused_and_old_answers_are_forgotten()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        using StringContent wrong = new(
            $$"""{"feedback":[{{Item("7", "b", "click")}}]}""",
            Encoding.UTF8,
            "application/json"
        );
        using HttpResponseMessage refused = await host.Http.PostAsync("/api/v1/feedback/batch", wrong, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(
            "feedback[0].recommendation_id",
            await refused.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
        using HttpResponseMessage unknown = await host.Http.GetAsync("/api/v1/kpis/recommendations?by=user", Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);

        AnswerTable answers = host.Services.GetRequiredService<AnswerTable>();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        ServedAnswer[] given =
        [
            .. new[] { -40, -31, -29, 0 }.Select(days => new ServedAnswer(
                Guid.CreateVersion7(now.AddDays(days)),
                "trending",
                AnsweringModel.Fallback("trending"),
                0,
                ["b"],
                ["trending"]
            )),
        ];
        await answers.WriteAsync(given, Cancelled);
        await answers.WriteAsync(given, Cancelled);
        Assert.Equal(2, await answers.DropAsync(now.UtcDateTime.AddDays(-30), Cancelled));
        Assert.Equal(
            2,
            await host.Database.ReadAsync<long>("select count(*) from serving.recommendation", null, Cancelled)
        );
    }

    private static string Item(string id, string product, string type) =>
        $$"""{"recommendation_id":"{{id}}","product_id":"{{product}}","type":"{{type}}"}""";

    private static (int Accepted, int Repeated) Taken(JsonElement answer) =>
        (answer.GetProperty("accepted").GetInt32(), answer.GetProperty("repeated").GetInt32());

    private static async Task<string> OutcomesAsync(ServingHost host)
    {
        JsonElement feedback = (await host.GetAsync("/api/v1/kpis/recommendations")).GetProperty("feedback");
        return string.Join(
            ' ',
            new[] { "counted", "repeated", "unknown", "not_shown", "late" }.Select(name =>
                feedback.GetProperty(name).GetInt64().ToString(CultureInfo.InvariantCulture)
            )
        );
    }

    private static async Task<string[]> GroupsAsync(ServingHost host, params string[] by)
    {
        JsonElement kpis = await host.GetAsync(
            "/api/v1/kpis/recommendations?" + string.Join('&', by.Select(key => $"by={key}"))
        );
        return
        [
            .. kpis.GetProperty("groups")
                .EnumerateArray()
                .Select(group =>
                {
                    string[] keys =
                    [
                        .. new[] { "kind", "model", "model_version", "source", "position" }
                            .Where(key => group.TryGetProperty(key, out _))
                            .Select(key => group.GetProperty(key).ToString()),
                    ];
                    JsonElement ctr = group.GetProperty("ctr");
                    string rate = ctr.ValueKind == JsonValueKind.Null ? "-" : ctr.GetProperty("value").ToString();
                    // Of no click of one impression the share is 0.
                    rate = rate == "0" ? "-" : rate;
                    return $"{string.Join('/', keys)}: {group.GetProperty("impressions")} {group.GetProperty("clicks")} {rate} {group.GetProperty("purchases")} {group.GetProperty("revenue")}";
                }),
        ];
    }
}
