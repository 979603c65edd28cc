using System.Text.Json;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Training;

/// <summary>From the sample to a shop's own events, and trainings that have nothing new to learn.</summary>
public sealed class SampleLeavesTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);
    private static readonly DateTime Old = new(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Newer = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact(Timeout = 180_000)]
    public async Task A_shops_own_events_replace_what_was_learned_from_the_sample_and_the_same_events_change_nothing()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (TrainingHost host = await TrainingHost.StartAsync(database, redis.ConnectionString))
        {
            // The sample alone: its model serves, and says what it is.
            await host.AddSessionsAsync(1_000, "laptop", Newer, sample: true);
            Assert.StartsWith(
                "completed: version 1 is the champion: the first version.",
                await host.TrainAsync(),
                StringComparison.Ordinal
            );
            JsonElement answer = await ServesAsync(host, 1);
            Assert.StartsWith(
                "Learned from the sample that comes with Fecom (3,000 of 3,000 events)",
                answer.GetProperty("model").GetProperty("notes")[0].GetString(),
                StringComparison.Ordinal
            );
            Assert.Contains("Learned from the sample", await HealthAsync(host), StringComparison.Ordinal);
            Assert.Null(await host.TrainAsync(onlyIfNeeded: true));

            // Older events of the shop's own, fewer than the sample's: its products are what today is about.
            await host.AddSessionsAsync(400, "real", Old, sample: false);
            await Poll.UntilAsync(
                async () =>
                    (await HealthAsync(host)).Contains(
                        "the next training leaves the sample out",
                        StringComparison.Ordinal
                    ),
                TestTimeout,
                "health does not say that the sample should have left"
            );
            string? report = await host.TrainAsync(onlyIfNeeded: true);
            Assert.Matches(
                "^completed: version 2 is the champion: version 1 knows the products of 0 of [0-9]+ visits",
                report
            );
            Assert.EndsWith(
                "The sample's 3,000 events are left out: the shop has 1,200 of its own.",
                report,
                StringComparison.Ordinal
            );
            answer = await ServesAsync(host, 2);
            Assert.Empty(answer.GetProperty("model").GetProperty("notes").EnumerateArray());
            Assert.All(Products(answer), product => Assert.StartsWith("real", product, StringComparison.Ordinal));
            Assert.Null(await host.TrainAsync(onlyIfNeeded: true));

            // Nothing new: no version.
            Assert.Equal(
                "completed: Same data and settings as version 2: nothing new to learn, no version is registered.",
                await host.TrainAsync()
            );
            Assert.Equal(
                2,
                (await host.GetAsync("/api/v1/models/recommender/versions")).GetProperty("versions").GetArrayLength()
            );

            // More of the same shop: both are asked about what neither has learned.
            await host.AddSessionsAsync(400, "real", Old.AddDays(1), sample: false);
            Assert.Matches(
                "^completed: version 3 is the champion: HitRate@20 .* of version 2 on the same [0-9]+ questions",
                await host.TrainAsync()
            );

            // Two versions are kept, and the last three champions before the present one: all three here.
            JsonElement versions = (await host.GetAsync("/api/v1/models/recommender/versions")).GetProperty("versions");
            Assert.All(
                versions.EnumerateArray(),
                version => Assert.Equal(JsonValueKind.Null, version.GetProperty("artifact_removed_at").ValueKind)
            );
        }

        // A restart looks back over the shop's own, although the sample's are newer.
        await using TrainingHost second = await TrainingHost.StartAsync(database, redis.ConnectionString);
        await Poll.UntilAsync(
            async () =>
                Products(await second.GetAsync("/api/v1/recommendations/trending?count=5")) is { Length: 5 } trending
                && trending.All(product => product.StartsWith("real", StringComparison.Ordinal)),
            TestTimeout,
            "the sample is trending"
        );
    }

    private static async Task<JsonElement> ServesAsync(TrainingHost host, int version)
    {
        JsonElement answer = default;
        await Poll.UntilAsync(
            async () =>
            {
                answer = await host.GetAsync("/api/v1/recommendations/products/real1/similar?count=19");
                return answer.GetProperty("model").GetProperty("version") is { ValueKind: JsonValueKind.Number } serves
                    && serves.GetInt32() == version;
            },
            TestTimeout,
            $"version {version} does not serve"
        );
        return answer;
    }

    private static async Task<string> HealthAsync(TrainingHost host)
    {
        HealthReport report = await host
            .Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(TestContext.Current.CancellationToken);
        return report.Entries["model"].Description!;
    }

    private static string[] Products(JsonElement answer) =>
        [.. answer.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("product_id").GetString()!)];
}
