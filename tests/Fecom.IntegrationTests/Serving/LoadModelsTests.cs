using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Which model answers: before a promotion, after one, after one that is broken, and after a restart.</summary>
public sealed class LoadModelsTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 120_000)]
    public async Task A_promotion_is_served_without_a_restart_and_named_by_what_answers()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );

        Assert.Equal(("base_rate", null), await AnsweringAsync(host));
        HealthReportEntry before = await host.ModelHealthAsync();
        Assert.Equal(HealthStatus.Degraded, before.Status);
        Assert.StartsWith(
            "no purchase model serves yet: the base rate 0.05 answers",
            before.Description,
            StringComparison.Ordinal
        );

        ModelPromoted first = models.Purchase(1);
        await ModelFolder.ServeAsync(host, first);

        Assert.Equal(("purchase", 1), await AnsweringAsync(host));
        Assert.Equal(
            (
                HealthStatus.Degraded,
                "purchase version 1 serves; no recommender model serves yet: what is trending answers"
            ),
            ((await host.ModelHealthAsync()).Status, (await host.ModelHealthAsync()).Description)
        );
        await ModelFolder.ServeAsync(host, models.Recommender(1, ["a", "b"]));
        Assert.Equal(HealthStatus.Healthy, (await host.ModelHealthAsync()).Status);

        await ModelFolder.AnnounceAsync(host, first, models.Purchase(2), models.Purchase(3));

        await ServesAsync(host, 3);

        // A rollback is a promotion of an older version.
        await ModelFolder.AnnounceAsync(host, first with { Promotion = 4 });

        await ServesAsync(host, 1);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_promotion_that_cannot_be_loaded_leaves_the_model_before_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        await ModelFolder.ServeAsync(host, models.Purchase(1));

        ModelPromoted corrupted = models.Purchase(2);
        models.Corrupt(corrupted);
        await RefusesAsync(
            host,
            corrupted,
            "Version 2 cannot be loaded: purchase/2/model.bin is not what was registered"
        );
        await RefusesAsync(
            host,
            corrupted with
            {
                Version = 3,
                ArtifactPath = "purchase/3/model.bin",
            },
            "Version 3 cannot be loaded: There is no file"
        );
        await RefusesAsync(
            host,
            corrupted with
            {
                Version = 4,
                ArtifactPath = "../../etc/passwd",
            },
            "does not lie below Paths:Models"
        );
        ModelPromoted other = models.Recommender(5, ["a", "b"]) with { Model = "purchase" };
        await RefusesAsync(host, other, "The artifact holds a model recommender, not purchase");
        await RefusesAsync(
            host,
            models.OfXgBoost(6),
            "purchase version 1 serves (Version 6 cannot be loaded: The artifact is in format 1 of another release; this one reads format 4. A new training"
        );
        Assert.Equal(("purchase", 1), await AnsweringAsync(host));

        // Neither a broken promotion nor a message that is none stops the next one.
        await host.Producer.SendAsync(
            Topics.ModelPromoted,
            [new OutgoingMessage(null, Encoding.UTF8.GetBytes("no promotion"))],
            TestContext.Current.CancellationToken
        );
        await ModelFolder.ServeAsync(host, models.Purchase(7), models.Recommender(8, ["a", "b"]));

        await ServesAsync(host, 7);
        Assert.Equal(HealthStatus.Healthy, (await host.ModelHealthAsync()).Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_promotion_that_is_late_or_comes_again_rolls_nothing_back()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        ModelPromoted[] promoted = [models.Purchase(1), models.Purchase(2), models.Purchase(3)];
        await using (ServingHost host = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path))
        {
            // In one batch, out of order: the highest number wins.
            await ModelFolder.ServeAsync(host, promoted[0]);
            await ModelFolder.AnnounceAsync(host, promoted[2], promoted[1]);
            await ServesAsync(host, 3);

            // Alone, from before promotions were numbered, and again.
            await HearsAsync(host, models.Recommender(1, ["a", "b"]), promoted[1]);
            await HearsAsync(
                host,
                models.Recommender(2, ["a", "b"]),
                promoted[0] with
                {
                    Promotion = 0,
                    PromotedAt = promoted[2].PromotedAt.AddYears(1),
                }
            );
            ModelPromoted broken = promoted[1] with
            {
                Version = 4,
                ArtifactPath = "purchase/4/model.bin",
                Promotion = 4,
            };
            await RefusesAsync(host, broken, "Version 4 cannot be loaded");
            await HearsAsync(host, models.Recommender(3, ["a", "b"]), promoted[2]);

            Assert.Equal(("purchase", 3), await AnsweringAsync(host));
            Assert.Contains(
                "Version 4 cannot be loaded",
                (await host.ModelHealthAsync()).Description,
                StringComparison.Ordinal
            );
            // A version serves before it is remembered.
            await Poll.UntilEqualAsync(
                "purchase 3, recommender 3",
                async () => string.Join(", ", await RememberedAsync(host)),
                TestTimeout,
                "what is remembered"
            );
        }

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);
        await HearsAsync(second, models.Recommender(4, ["a", "b"]), promoted[1]);

        Assert.Equal(("purchase", 3), await AnsweringAsync(second));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_wrong_with_a_model_stands_in_health_and_in_its_answers()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );
        ModelPromoted promoted = models.Purchase(1);
        await ModelFolder.ServeAsync(host, promoted);
        Assert.Empty((await host.PredictAsync("p", "s")).GetProperty("model").GetProperty("notes").EnumerateArray());

        await ModelFolder.AnnounceAsync(
            host,
            promoted with
            {
                Notes = ["No training has succeeded since 2026-11-01."],
                IsDegraded = true,
            }
        );

        await Poll.UntilAsync(
            async () =>
                (await host.ModelHealthAsync()) is { Status: HealthStatus.Degraded, Description: { } text }
                && text.StartsWith(
                    "purchase version 1 serves (No training has succeeded since 2026-11-01.)",
                    StringComparison.Ordinal
                ),
            TestTimeout,
            "health did not say it"
        );
        JsonElement note = Assert.Single(
            (await host.PredictAsync("p", "s")).GetProperty("model").GetProperty("notes").EnumerateArray()
        );
        Assert.Equal("No training has succeeded since 2026-11-01.", note.GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task Only_the_champion_is_served()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path
        );

        await ModelFolder.ServeAsync(host, models.Purchase(1));
        await ModelFolder.AnnounceAsync(
            host,
            models.Purchase(2) with
            {
                Alias = "challenger",
            },
            models.Recommender(3, ["a", "b"])
        );

        await Poll.UntilAsync(
            async () => (await RememberedAsync(host)).Length == 2,
            TestTimeout,
            "the recommender was not followed"
        );
        Assert.Equal(("purchase", 1), await AnsweringAsync(host));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_restart_serves_what_was_loaded_last_before_any_message()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ServingHost first = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path))
        {
            await ModelFolder.ServeAsync(first, models.Purchase(1));
            await ModelFolder.ServeAsync(first, models.Purchase(2), models.Recommender(4, ["a", "b", "c"]));
            await Poll.UntilAsync(
                async () => (await RememberedAsync(first)).SequenceEqual(["purchase 2", "recommender 4"]),
                TestTimeout,
                "the models were not remembered"
            );
        }

        await using ServingHost second = await ServingHost.StartAsync(database, redis.ConnectionString, models.Path);

        Assert.Equal(("purchase", 2), await AnsweringAsync(second));
        JsonElement similar = await second.GetAsync("/api/v1/recommendations/products/a/similar?count=1");
        Assert.Equal("b", similar.GetProperty("items")[0].GetProperty("product_id").GetString());
        Assert.Equal(4, similar.GetProperty("model").GetProperty("version").GetInt32());
        Assert.Equal(
            "purchase version 2 serves; recommender version 4 serves",
            (await second.ModelHealthAsync()).Description
        );
    }

    /// <summary>Announces one promotion before another, until the second one serves: the first one has been heard by then.</summary>
    private static Task HearsAsync(ServingHost host, ModelPromoted marker, ModelPromoted promoted) =>
        Poll.UntilAsync(
            async () =>
            {
                await ModelFolder.AnnounceAsync(host, promoted);
                await ModelFolder.AnnounceAsync(host, marker);
                return host.Serves(marker);
            },
            TestTimeout,
            "the promotions were not heard"
        );

    private static async Task RefusesAsync(ServingHost host, ModelPromoted promoted, string reason)
    {
        await ModelFolder.AnnounceAsync(host, promoted);
        await Poll.UntilAsync(
            async () =>
                (await host.ModelHealthAsync()) is { Status: HealthStatus.Degraded, Description: { } text }
                && text.Contains(reason, StringComparison.Ordinal),
            TestTimeout,
            $"health did not say '{reason}'"
        );
    }

    private static Task ServesAsync(ServingHost host, int version) =>
        Poll.UntilEqualAsync(
            ("purchase", (int?)version),
            () => AnsweringAsync(host),
            TestTimeout,
            "the answering model"
        );

    private static async Task<(string? Name, int? Version)> AnsweringAsync(ServingHost host)
    {
        JsonElement model = (await host.PredictAsync("p", "s")).GetProperty("model");
        JsonElement version = model.GetProperty("version");
        return (
            model.GetProperty("name").GetString(),
            version.ValueKind == JsonValueKind.Null ? null : version.GetInt32()
        );
    }

    private static async Task<string[]> RememberedAsync(ServingHost host)
    {
        await using Npgsql.NpgsqlCommand command = host.Database.CreateCommand(
            "select array_agg(model || ' ' || version order by model) from serving.served_model"
        );
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string[] ?? [];
    }
}
