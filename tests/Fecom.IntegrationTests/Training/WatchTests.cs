using System.Globalization;
using System.Net;
using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Serving.LogPredictions;
using Fecom.Testing;
using Fecom.Training.ReadSessions;
using Fecom.Training.Retrain;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Drift and live quality of logged predictions: found, told, and answered by one training.</summary>
public sealed class WatchTests(Servers servers)
{
    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Features_that_have_drifted_are_named_and_start_one_training()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(redis);
        Assert.StartsWith(
            "Deleted: There is no purchase model yet.",
            await host.RunAsync("check_feature_drift"),
            StringComparison.Ordinal
        );
        await TrainAsync(host);
        PurchaseFeatures[] trained = await TrainedOnAsync(host);
        await LogAsync(host, trained[..10], "few");
        Assert.Contains("50 are needed", await host.RunAsync("check_feature_drift"), StringComparison.Ordinal);

        await LogAsync(host, trained, "same");
        Assert.StartsWith(
            "Succeeded: the features of",
            await host.RunAsync("check_feature_drift"),
            StringComparison.Ordinal
        );
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync(host)).Status);

        await ClearAsync(host);
        await LogAsync(
            host,
            [.. trained.Select(row => row with { Original = row.Original with { Price = row.Original.Price * 10 } })],
            "dear"
        );
        string found = await host.RunAsync("check_feature_drift");
        Assert.StartsWith(
            "Succeeded: Features have drifted, by a population stability index above 0.25: price (",
            found,
            StringComparison.Ordinal
        );
        Assert.Contains("of train_purchase_model was asked for", found, StringComparison.Ordinal);

        JsonElement reports = (await host.GetAsync("/api/v1/models/purchase/drift?limit=2")).GetProperty("reports");
        JsonElement price = reports[0].GetProperty("features")[0];
        Assert.Equal("price", price.GetProperty("feature").GetString());
        Assert.True(price.GetProperty("stability_index").GetDouble() > 0.25);
        Assert.Equal(1, reports[0].GetProperty("version").GetInt32());
        Assert.All(
            reports[1].GetProperty("features").EnumerateArray(),
            feature => Assert.True(feature.GetProperty("stability_index").GetDouble() < 0.25)
        );
        HealthReportEntry health = await HealthAsync(host);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("price", health.Description, StringComparison.Ordinal);
        Assert.Contains("/api/v1/models/purchase/drift", health.Description, StringComparison.Ordinal);

        // The training begins, and its record says why; the next look, and the look of others, starts none.
        await Poll.UntilEqualAsync(
            1,
            () =>
                CountAsync(
                    host,
                    "training.run where reason like 'Features have drifted%price%' and state = 'completed'"
                ),
            TimeSpan.FromSeconds(120),
            "trainings for that reason"
        );
        JsonElement run = (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0];
        Assert.StartsWith("Features have drifted", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("CoolDown", await host.RunAsync("check_feature_drift"), StringComparison.Ordinal);
        Retraining retraining = host.Services.GetRequiredService<Retraining>();
        await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => retraining.AskAsync("train_purchase_model", "again", Cancelled))
        );
        Assert.Equal(1, await CountAsync(host, "training.retraining where run_id is not null"));
        Assert.Equal(1, await CountAsync(host, "training.retraining"));
        Assert.Equal(2, await CountAsync(host, "training.run"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/api/v1/models/nothing/drift"));
    }

    [Fact(Timeout = 300_000)]
    public async Task Looks_of_several_hosts_at_once_store_one_request_and_a_request_that_was_cut_off_is_asked_for_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(redis);
        Retraining retraining = host.Services.GetRequiredService<Retraining>();

        // A host was killed after it had stored the request.
        await using (
            NpgsqlCommand stored = host.Database.CreateCommand(
                "insert into training.retraining (job, asked_at, reason) values ('train_purchase_model', now(), 'cut off')"
            )
        )
        {
            await stored.ExecuteNonQueryAsync(Cancelled);
        }

        Assert.Contains(
            "was asked for",
            await retraining.AskAsync("train_purchase_model", "again", Cancelled),
            StringComparison.Ordinal
        );
        await Poll.UntilEqualAsync(
            1,
            () => CountAsync(host, "training.run where reason = 'cut off' and state = 'failed'"),
            TimeSpan.FromSeconds(60),
            "trainings for that reason; without data they fail"
        );

        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => retraining.AskAsync("train_recommender", $"reason {i}", Cancelled))
        );
        Assert.Equal(1, await CountAsync(host, "training.retraining where job = 'train_recommender'"));
    }

    [Fact(Timeout = 300_000)]
    public async Task Predictions_are_measured_by_what_was_bought_and_a_champion_that_fell_is_trained_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(redis);
        await TrainAsync(host);
        DateTime day = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-2);
        PurchaseFeatures any = (await TrainedOnAsync(host))[0];
        // Four whose figures are known; asked again later, bought elsewhere, before, too late, or not yet due they change nothing.
        (string Session, float Probability, double Hours)[] predictions =
        [
            ("a", 0.9f, 1),
            ("b", 0.8f, 1),
            ("c", 0.3f, 1),
            ("d", 0.2f, 1),
            ("a", 0.1f, 1.5),
        ];
        await WriteAsync(
            host,
            predictions.Select(p => Prediction(any, p.Session, day.AddHours(p.Hours), p.Probability))
        );
        await WriteAsync(
            host,
            [
                Prediction(any, "e", day.AddHours(1), 0.5f) with
                {
                    IsValid = false,
                },
                Prediction(any, "f", TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1), 0.5f),
            ]
        );
        await BuyAsync(host, "a", "p", day.AddHours(1.6));
        await BuyAsync(host, "c", "p", day.AddHours(2));
        await BuyAsync(host, "b", "q", day.AddHours(2));
        await BuyAsync(host, "d", "p", day.AddHours(0.5));
        await BuyAsync(host, "d", "p", day.AddHours(4));

        Assert.StartsWith(
            "Succeeded: measured 4 predictions of version 1: AUC 0.750, average precision 0.833",
            await host.RunAsync("measure_live_quality"),
            StringComparison.Ordinal
        );
        JsonElement measured = Assert.Single(
            (await host.GetAsync("/api/v1/models/purchase/live-quality")).GetProperty("days").EnumerateArray()
        );
        Assert.Equal(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), measured.GetProperty("day").GetString());
        Assert.Equal(
            (1, 4, 2),
            (
                measured.GetProperty("version").GetInt32(),
                measured.GetProperty("predictions").GetInt32(),
                measured.GetProperty("bought").GetInt32()
            )
        );
        Assert.Equal(0.75, measured.GetProperty("auc").GetDouble(), 6);
        Assert.Equal(0.55, measured.GetProperty("mean_probability").GetDouble(), 6);

        // A hundred that were bought against every expectation.
        await WriteAsync(
            host,
            Enumerable.Range(0, 200).Select(i => Prediction(any, $"w{i}", day.AddHours(5), i < 100 ? 0.1f : 0.6f))
        );
        for (int i = 0; i < 100; i++)
        {
            await BuyAsync(host, $"w{i}", "p", day.AddHours(5.5));
        }

        string worse = await host.RunAsync("measure_live_quality");
        Assert.StartsWith("Succeeded: Version 1 is worse on 204 live predictions", worse, StringComparison.Ordinal);
        Assert.Contains("was asked for", worse, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, (await HealthAsync(host)).Status);
        Assert.StartsWith(
            "Version 1 is worse",
            (await host.GetAsync("/api/v1/models/purchase/live-quality")).GetProperty("alert").GetString(),
            StringComparison.Ordinal
        );
        await Poll.UntilEqualAsync(
            1,
            () => CountAsync(host, "training.run where reason like 'Version 1 is worse%'"),
            TimeSpan.FromSeconds(60),
            "trainings for that reason"
        );
    }

    private async Task<TrainingHost> StartAsync(PrivateRedis redis) =>
        await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Training:Watch:MinPredictions", "50")
        );

    private static async Task TrainAsync(TrainingHost host)
    {
        await CartEvents.AddAsync(host, 2_000, Start);
        Assert.StartsWith(
            "completed: version 1 is the champion",
            await CartEvents.TrainAsync(host),
            StringComparison.Ordinal
        );
    }

    /// <summary>The features of the rows that the training learned from.</summary>
    private static async Task<PurchaseFeatures[]> TrainedOnAsync(TrainingHost host)
    {
        HistoryReader reader = host.Services.GetRequiredService<HistoryReader>();
        PurchaseRowFinder finder = new();
        await reader.ReadAsync(finder.Take, _ => { }, Cancelled);
        PurchaseRows rows = finder.Find(TimeZoneInfo.Utc);
        await reader.ReadAsync(rows.Take, _ => { }, Cancelled);
        return [.. rows.Split().Train.Select(row => row.Features)];
    }

    private static Task LogAsync(TrainingHost host, PurchaseFeatures[] rows, string sessions)
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1);
        return WriteAsync(host, rows.Select((row, i) => Prediction(row, $"{sessions}{i}", now, 0.5f)));
    }

    private static async Task WriteAsync(TrainingHost host, IEnumerable<LoggedPrediction> predictions)
    {
        foreach (LoggedPrediction[] batch in predictions.Chunk(1_000))
        {
            await host.Services.GetRequiredService<PredictionTable>().WriteAsync([.. batch], Cancelled);
        }
    }

    private static LoggedPrediction Prediction(
        PurchaseFeatures features,
        string session,
        DateTime at,
        float probability
    ) =>
        new()
        {
            PredictedAt = at,
            At = at,
            Model = PurchaseModel.Kind,
            Version = 1,
            UserId = $"u{session}",
            UserSession = session,
            ProductId = "p",
            Probability = probability,
            IsValid = true,
            Features = features,
        };

    private static async Task BuyAsync(TrainingHost host, string session, string product, DateTime at)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            """
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, price, user_id,
                user_session, source)
            values ($1, $1, $1, gen_random_uuid(), 1, 'purchase', $2, 1, 'u' || $3, $3, 'api')
            """
        );
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = product });
        command.Parameters.Add(new() { Value = session });
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task ClearAsync(TrainingHost host)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand("truncate serving.prediction_log");
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<HealthReportEntry> HealthAsync(TrainingHost host) =>
        (
            await host
                .Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(entry => entry.Name == "drift", Cancelled)
        ).Entries["drift"];

    private static async Task<long> CountAsync(TrainingHost host, string rows)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand($"select count(*) from {rows}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    private static async Task<HttpStatusCode> StatusAsync(TrainingHost host, string path)
    {
        using HttpResponseMessage answer = await host.Http.GetAsync(path, Cancelled);
        return answer.StatusCode;
    }
}
