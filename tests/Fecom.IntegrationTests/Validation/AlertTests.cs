using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Validation;

/// <summary>A rise of the invalid share alerts once, however many hosts look, and once more when it is over.</summary>
public sealed class AlertTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 120_000)]
    public async Task A_rise_is_told_once_and_so_is_its_end()
    {
        await using Webhook webhook = await Webhook.StartAsync(refusals: 2);
        string database = await servers.Postgres.CreateDatabaseAsync();
        (string, string)[] settings =
        [
            ("Validation:Alert:WebhookUrl", webhook.Url),
            ("Validation:Alert:CheckSeconds", "0.1"),
            ("Validation:Alert:WindowSeconds", "6"),
            ("Validation:Alert:MinEvents", "20"),
            ("Validation:Alert:Threshold", "0.2"),
        ];
        await using ValidationHost host = await ValidationHost.StartAsync(database, settings);
        await using ValidationHost replica = await ValidationHost.StartAsync(database, settings);
        ShopEvents file = new(host);

        await file.SendAsync(Events(good: 10, bad: 5));
        await Poll.UntilEqualAsync(5, () => SumAsync(host), TestTimeout, "counted");
        Assert.Equal(0, await host.CountAsync("validation.alert"));
        await file.SendAsync(Events(good: 10, bad: 10));
        await Poll.UntilEqualAsync("raised", () => Task.FromResult(webhook.States), TestTimeout, "the webhook");
        await file.SendAsync(Events(good: 10, bad: 20));
        await Poll.UntilEqualAsync(
            "raised resolved",
            () => Task.FromResult(webhook.States),
            TestTimeout,
            "the webhook"
        );

        Assert.Equal(1, await host.CountAsync("validation.alert where resolved_at is not null"));
        JsonElement raised = webhook.Taken.First();
        Assert.InRange(raised.GetProperty("share").GetDouble(), 0.21, 1);
        Assert.InRange(raised.GetProperty("top_rules").GetProperty("price_positive").GetInt64(), 1, 15);
        Assert.Equal(raised.GetProperty("id").GetInt64(), webhook.Taken.Last().GetProperty("id").GetInt64());
    }

    private static string[] Events(int good, int bad) =>
        [.. Enumerable.Repeat(ShopEvents.Good, good), .. Enumerable.Repeat(ShopEvents.With("35.79", "0"), bad)];

    private static async Task<long> SumAsync(ValidationHost host)
    {
        await using Npgsql.NpgsqlCommand command = host.Database.CreateCommand(
            "select coalesce(sum(invalid), 0)::bigint from validation.recent_count"
        );
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
