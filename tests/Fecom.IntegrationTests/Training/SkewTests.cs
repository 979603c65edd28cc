using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.IntegrationTests.Serving;
using Fecom.Learning.Purchase;
using Fecom.Platform.Messaging;
using Fecom.Serving.LoadModels;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Features as they were served are those that bronze gives for the same moments; a wrong one is found.</summary>
public sealed class SkewTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Served_features_are_those_of_the_offline_store_and_planted_values_are_found()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Serving:PredictionLog:Share", "1"),
            ("Training:Watch:MinPredictions", "50"),
            ("Training:Watch:SkewDelay", "00:00:00"),
            ("Training:Watch:SkewThreshold", "0")
        );
        ModelPromoted promoted = models.Purchase(1);
        host.Services.GetRequiredService<ModelSlot<PurchaseModel>>()
            .Swap(promoted, await File.ReadAllBytesAsync(Path.Combine(models.Path, promoted.ArtifactPath), Cancelled));
        EventMaker maker = new(seed: 31, users: 40, invalid: 0);
        (OutgoingMessage Message, BehaviorEvent? Event)[] made =
        [
            .. Enumerable.Range(0, 1_500).Select(_ => maker.Next()),
        ];
        BehaviorEvent[] visits = [.. made.Select(one => one.Event!).GroupBy(e => e.UserSession).Select(v => v.Last())];
        // Visits that are over and some under way, asked in between: what is sent later is no part of what was served before.
        int predictions = 0;
        foreach ((OutgoingMessage Message, BehaviorEvent? Event)[] part in made.Chunk(500))
        {
            DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
            await SendAsync(
                host,
                [
                    .. part.Select(one =>
                        one.Message with
                        {
                            Origin = new MessageOrigin("test", one.Event!.Position, now),
                        }
                    ),
                    .. Living(predictions, now),
                ]
            );
            predictions += await PredictAsync(host, visits);
        }

        await Poll.UntilEqualAsync(
            predictions,
            () => CountAsync(host, "select count(*) from serving.prediction_log"),
            TestTimeout,
            "logged predictions"
        );

        string equal = await host.RunAsync("check_feature_skew");

        Assert.Equal(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Succeeded: the features of {predictions:N0} predictions are those of the offline store"
            ),
            equal
        );
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync(host)).Status);
        await using (
            NpgsqlCommand plant = host.Database.CreateCommand(
                """
                update serving.prediction_log set price = price + 1, more[1] = more[1] + 5
                where (user_session, product_id, predicted_at) = (
                    select user_session, product_id, predicted_at from serving.prediction_log order by predicted_at limit 1)
                """
            )
        )
        {
            Assert.Equal(1, await plant.ExecuteNonQueryAsync(Cancelled));
        }

        string found = await host.RunAsync("check_feature_skew");

        Assert.Contains("price (", found, StringComparison.Ordinal);
        JsonElement[] features =
        [
            .. (await host.GetAsync("/api/v1/models/purchase/skew?limit=1"))
                .GetProperty("reports")[0]
                .GetProperty("features")
                .EnumerateArray(),
        ];
        Assert.Equal(
            PurchaseEncoder.FeatureNames,
            features.Select(feature => feature.GetProperty("feature").GetString())
        );
        Assert.All(
            features,
            feature =>
                Assert.Equal(
                    feature.GetProperty("feature").GetString() is "price" or "session_views" ? 1 : 0,
                    feature.GetProperty("differing").GetInt32()
                )
        );
        JsonElement example = features
            .Single(feature => feature.GetProperty("feature").GetString() == "price")
            .GetProperty("example");
        Assert.Equal(
            decimal.Parse(example.GetProperty("offline").GetString()!, CultureInfo.InvariantCulture) + 1,
            decimal.Parse(example.GetProperty("served").GetString()!, CultureInfo.InvariantCulture)
        );
        HealthReportEntry health = await HealthAsync(host);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("materialize_features", health.Description, StringComparison.Ordinal);
    }

    /// <summary>Events of visits that go on now.</summary>
    private static IEnumerable<OutgoingMessage> Living(int first, DateTime now)
    {
        for (int i = 0; i < 20; i++)
        {
            string json = $$"""
                {"event_time":"{{now:yyyy-MM-ddTHH:mm:ss.fffZ}}","event_type":"{{(
                    i % 2 == 0 ? "view" : "cart"
                )}}","product_id":"live{{i % 4}}","price":{{i + 1}},"user_id":"u{{i % 5}}","user_session":"live{{i
                    % 5}}"}
                """;
            yield return new OutgoingMessage(
                Encoding.UTF8.GetBytes($"u{i % 5}"),
                Encoding.UTF8.GetBytes(json.Trim()),
                new MessageOrigin("living", first + i + 1, now)
            );
        }
    }

    private static async Task SendAsync(TrainingHost host, IReadOnlyList<OutgoingMessage> messages)
    {
        await host
            .Services.GetRequiredService<ITopicProducer>()
            .SendAsync(Topics.RawUserBehavior, [.. messages], Cancelled);
        await host.Services.GetRequiredService<IPipelineBarrier>().PassAsync(Topics.RawUserBehavior, Cancelled);
    }

    /// <returns>Predictions that the model made.</returns>
    private static async Task<int> PredictAsync(TrainingHost host, BehaviorEvent[] visits)
    {
        string[] instances =
        [
            .. visits.Select(
                (e, i) =>
                    $$"""{"product_id":"{{visits[(i + (i % 2)) % visits.Length].ProductId}}","user_session":"{{e.UserSession}}"}"""
            ),
            .. Enumerable
                .Range(0, 20)
                .Select(i =>
                    $$"""{"product_id":"live{{i % 4}}","user_session":"live{{i % 5}}","user_id":"u{{i % 5}}"}"""
                ),
        ];
        using StringContent body = new(
            $$"""{"instances":[{{string.Join(',', instances)}}]}""",
            Encoding.UTF8,
            "application/json"
        );
        using HttpResponseMessage answer = await host.Http.PostAsync("/api/v1/predictions/purchase", body, Cancelled);
        JsonElement predicted = await answer
            .EnsureSuccessStatusCode()
            .Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        return predicted
            .GetProperty("predictions")
            .EnumerateArray()
            .Count(one => one.GetProperty("fallback").ValueKind == JsonValueKind.Null);
    }

    private static async Task<HealthReportEntry> HealthAsync(TrainingHost host) =>
        (
            await host
                .Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(entry => entry.Name == "drift", Cancelled)
        ).Entries["drift"];

    private static async Task<long> CountAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
