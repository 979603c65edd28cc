using System.Net.Http.Json;
using System.Text.Json;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Which versions are promoted, and what people see of those that are not.</summary>
public sealed class GateTests(Servers servers)
{
    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Once the champion knows that the cheap is bought, ten days come in which nothing speaks for a purchase, and then a few as before.</summary>
    [Fact(Timeout = 300_000)]
    public async Task A_model_that_is_worse_than_the_champion_is_refused_and_says_so_wherever_people_look()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await CartEvents.AddAsync(host, 2_000, Start);
        Assert.StartsWith(
            "completed: version 1 is the champion: the first version.",
            await CartEvents.TrainAsync(host),
            StringComparison.Ordinal
        );
        await CartEvents.AddAsync(host, 12_000, Start.AddDays(2), CartEvents.DearIsBought);
        await CartEvents.AddAsync(host, 4_000, Start.AddDays(12));

        string? report = await CartEvents.TrainAsync(host);

        Assert.StartsWith("completed: version 2 is not promoted: ", report, StringComparison.Ordinal);
        Assert.Contains(" of version 1 on the same ", report, StringComparison.Ordinal);
        JsonElement model = Assert.Single(
            (await host.GetAsync("/api/v1/models")).GetProperty("models").EnumerateArray()
        );
        Assert.Equal("refused", model.GetProperty("newest_decision").GetString());
        Assert.Contains(model.GetProperty("newest_reason").GetString()!, report, StringComparison.Ordinal);
        Assert.Equal(1, model.GetProperty("aliases")[0].GetProperty("version").GetInt32());
        JsonElement versions = (await host.GetAsync("/api/v1/models/purchase/versions")).GetProperty("versions");
        Assert.Equal(
            [("baseline", true), ("quality", false), ("calibration", true), ("latency", true)],
            versions[0].GetProperty("gates").EnumerateArray().Select(GateOf)
        );
        Assert.True(versions[0].GetProperty("metrics").GetProperty("pr_auc_gain_upper").GetDouble() < 0);
        Assert.Equal("promoted", versions[1].GetProperty("decision").GetString());
        PromotedVersion champion = (
            await host.Services.GetRequiredService<ModelRegistry>().FindPromotedAsync("purchase", "champion", Cancelled)
        )!;
        (IReadOnlyList<string> notes, _) = await host
            .Services.GetRequiredService<ChampionNotes>()
            .ReadAsync(champion, Cancelled);
        Assert.Contains(notes, note => note.StartsWith("Newer: version 2 is not promoted: ", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_version_waits_for_approval_as_the_challenger_where_the_setting_asks_for_it()
    {
        await using Webhook webhook = await Webhook.StartAsync(refusals: 1);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Training:Approval", "true"),
            ("Training:WebhookUrl", webhook.Url)
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);

        Assert.StartsWith(
            """completed: version 1 waits for approval as the challenger: the first version. POST /api/v1/models/recommender/aliases/champion with {"version":1} approves it.""",
            await host.TrainAsync(),
            StringComparison.Ordinal
        );
        Assert.Equal(("waiting", "challenger: 1"), await ModelAsync(host));
        Assert.StartsWith(
            "completed: Same data and settings as version 1: nothing new to learn",
            await host.TrainAsync(),
            StringComparison.Ordinal
        );

        using HttpResponseMessage approved = await host.Http.PostAsJsonAsync(
            "/api/v1/models/recommender/aliases/champion",
            new { version = 1, reason = "Looks good" },
            Cancelled
        );
        approved.EnsureSuccessStatusCode();
        Assert.Equal(("promoted", "champion: 1"), await ModelAsync(host));

        // The webhook hears of both moves, in their order, though it refused the first post.
        await Poll.UntilEqualAsync(
            "challenger champion",
            () =>
                Task.FromResult(string.Join(' ', webhook.Taken.Select(move => move.GetProperty("alias").GetString()))),
            TimeSpan.FromSeconds(90),
            "the webhook"
        );
        JsonElement champion = webhook.Taken.Last();
        Assert.Equal("alias_moved", champion.GetProperty("event").GetString());
        Assert.Equal(1, champion.GetProperty("version").GetInt32());
        Assert.Equal("Looks good", champion.GetProperty("reason").GetString());
        Assert.StartsWith("API call from ", champion.GetProperty("moved_by").GetString(), StringComparison.Ordinal);
    }

    /// <summary>A host that was killed between the registration and the promotion: the version would never serve, since there is nothing new to learn.</summary>
    [Fact(Timeout = 180_000)]
    public async Task A_version_whose_run_was_cut_off_before_its_promotion_is_promoted_by_the_next()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        await using NpgsqlCommand forget = host.Database.CreateCommand(
            """
            delete from training.alias; delete from training.alias_change;
            update training.model_version set decision = 'waiting'
            """
        );
        await forget.ExecuteNonQueryAsync(Cancelled);

        Assert.Equal(
            "completed: Same data and settings as version 1: version 1 is the champion: it passed its gates, and its run was cut off before it was promoted.",
            await host.TrainAsync()
        );
        Assert.Equal(("promoted", "champion: 1"), await ModelAsync(host));
    }

    private static (string Gate, bool Passed) GateOf(JsonElement check) =>
        (check.GetProperty("gate").GetString()!, check.GetProperty("passed").GetBoolean());

    private static async Task<(string? Decision, string Aliases)> ModelAsync(TrainingHost host)
    {
        JsonElement model = (await host.GetAsync("/api/v1/models")).GetProperty("models")[0];
        return (
            model.GetProperty("newest_decision").GetString(),
            string.Join(
                ", ",
                model
                    .GetProperty("aliases")
                    .EnumerateArray()
                    .Select(alias =>
                        $"{alias.GetProperty("alias").GetString()}: {alias.GetProperty("version").GetInt32()}"
                    )
            )
        );
    }
}
