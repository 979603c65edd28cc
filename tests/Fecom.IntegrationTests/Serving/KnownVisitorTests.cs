using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Serving;

/// <summary>A visitor who comes back is recommended by what was done on earlier visits, where the call names the visitor.</summary>
public sealed class KnownVisitorTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Earlier_visits_join_the_candidates_of_every_call_that_names_the_visitor()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await ModelFolder.ServeAsync(host, models.Ranker(1));
        // No walk leads from p0 to p10 within the steps that the sources look at.
        await SendAsync(host, ("p10", "view", "visit 1"), ("p10", "cart", "visit 1"), ("p0", "view", "visit 2"));

        string live = "/api/v1/recommendations/sessions/visit%202?count=50";
        JsonElement stranger = await host.GetAsync(live);
        Assert.DoesNotContain("p10", Ranked(stranger));
        Assert.Contains("p1", Ranked(stranger));
        Assert.Contains("p10", Ranked(await host.GetAsync($"{live}&user_id=u")));

        string told = "/api/v1/recommendations/sessions?count=50&user_session=visit%202";
        string session = """{"events":[{"event_type":"view","product_id":"p0"}]}""";
        Assert.Equal(Ranked(stranger), Ranked(await host.PostAsync(told, session)));
        Assert.Equal(
            Ranked(await host.GetAsync($"{live}&user_id=u")),
            Ranked(await host.PostAsync($"{told}&user_id=u", session))
        );

        // Without the session's id its own product is no earlier one; the others are.
        JsonElement nameless = await host.PostAsync("/api/v1/recommendations/sessions?count=50&user_id=u", session);
        Assert.Equal(Ranked(await host.GetAsync($"{live}&user_id=u")), Ranked(nameless));

        // Before the third visit's first event the earlier ones say what comes next, and nothing of them stays out.
        string third = "/api/v1/recommendations/sessions/visit%203?count=50";
        Assert.Empty(Ranked(await host.GetAsync(third)));
        JsonElement back = await host.GetAsync($"{third}&user_id=u");
        Assert.Contains("p1", Ranked(back));
        Assert.Contains("p11", Ranked(back));
        Assert.Equal("visited last, and comes again in sessions like this", Reason(back, "p0"));
        Assert.Equal("comes next after p0 in sessions like this", Reason(back, "p1"));
        Assert.Equal(JsonValueKind.Null, back.GetProperty("fallback").ValueKind);
    }

    private static async Task SendAsync(ServingHost host, params (string Product, string Type, string Session)[] events)
    {
        OutgoingMessage[] messages =
        [
            .. events.Select(
                (e, i) =>
                    new OutgoingMessage(
                        Encoding.UTF8.GetBytes("u"),
                        Encoding.UTF8.GetBytes(
                            $$"""{"event_time":"2026-01-01 00:00:0{{i}} UTC","event_type":"{{e.Type}}","product_id":"{{e.Product}}","price":1,"user_id":"u","user_session":"{{e.Session}}"}"""
                        )
                    )
            ),
        ];
        await host.Producer.SendAsync(Topics.RawUserBehavior, messages, Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
    }

    private static string? Reason(JsonElement answer, string product) =>
        answer
            .GetProperty("items")
            .EnumerateArray()
            .Single(item => item.GetProperty("product_id").GetString() == product)
            .GetProperty("reason")
            .GetString();

    /// <summary>What the ranker put into an answer, in its order.</summary>
    private static string[] Ranked(JsonElement answer) =>
        [
            .. answer
                .GetProperty("items")
                .EnumerateArray()
                .Where(item => item.GetProperty("source").GetString() == "next_item")
                .Select(item => item.GetProperty("product_id").GetString()!),
        ];
}
