using System.Text.Json;
using Fecom.Platform.Jobs;
using Fecom.Platform.Services;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>What goes wrong in a training leaves the champion where it is, and a failed run that says why.</summary>
public sealed class FailedTrainingTests(Servers servers)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_full_disk_fails_the_training_and_leaves_no_half_of_a_file_and_once_there_is_room_the_next_succeeds()
    {
        using SmallDisk? disk = SmallDisk.TryMount(mebibytes: 8);
        Assert.SkipWhen(
            disk is null && Environment.GetEnvironmentVariable("CI") is null,
            "A disk of a few MiB cannot be mounted here: that takes the rights of root."
        );
        Assert.NotNull(disk);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Paths:Models", disk.Path)
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        Assert.StartsWith("completed: version 1 is the champion", await host.TrainAsync(), StringComparison.Ordinal);
        await host.AddSessionsAsync(200, "q", DateTime.UnixEpoch.AddDays(1), sample: false);
        disk.Fill();

        await StartAsync(host);

        await FailsAsync(host, "the disk is full: ");
        Assert.Equal((1, 1), await ChampionAsync(host));
        Assert.Equal(
            ["filler", "recommender/1/model.bin"],
            Directory
                .EnumerateFiles(disk.Path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(disk.Path, file))
                .Order(StringComparer.Ordinal)
        );

        disk.Clear();
        await StartAsync(host);
        await Poll.UntilEqualAsync((2, 2), () => ChampionAsync(host), Wait, "the champion and the newest version");
    }

    [Fact(Timeout = 240_000)]
    public async Task Data_that_cannot_be_read_fail_the_training_and_are_named()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        await ExecuteAsync(
            host,
            "update bronze.event set event_type = 'wish' where event_id = (select min(event_id::text)::uuid from bronze.event)"
        );

        await StartAsync(host);

        await FailsAsync(host, "Bronze holds an event of type 'wish'");
        Assert.Equal((1, 1), await ChampionAsync(host));
    }

    /// <summary>The purchase model needs both classes: events in which nothing is bought leave the one that there is.</summary>
    [Fact(Timeout = 240_000)]
    public async Task Data_of_which_nothing_can_be_learned_fail_the_training_and_say_what_is_needed()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await CartEvents.AddAsync(host, 2_000, new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc));
        await CartEvents.TrainAsync(host);
        await ExecuteAsync(host, "delete from bronze.event where event_type = 'purchase'");

        await CartEvents.TrainAsync(host);

        await FailsAsync(host, "rows, 0 were bought: at least 30 bought and 30 not bought are needed.");
        Assert.Equal((1, 1), await ChampionAsync(host));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_webhook_that_is_away_stops_no_promotion_and_is_named_as_what_waits()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Training:WebhookUrl", "http://127.0.0.1:1/hook")
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);

        Assert.StartsWith("completed: version 1 is the champion", await host.TrainAsync(), StringComparison.Ordinal);

        await Poll.UntilAsync(
            () =>
                Task.FromResult(
                    host.Services.GetRequiredService<Supervision>()
                        .Waiting.TryGetValue("the webhook of promotions", out string? reason)
                        && reason.StartsWith(
                            "Training:WebhookUrl does not take what it is told: ",
                            StringComparison.Ordinal
                        )
                ),
            Wait,
            "health does not name the webhook"
        );
    }

    private static Task<long> StartAsync(TrainingHost host) =>
        host.Services.GetRequiredService<JobStarter>().StartAsync("train_recommender", cancellationToken: Cancelled);

    private static Task FailsAsync(TrainingHost host, string reason) =>
        Poll.UntilEqualAsync(
            true,
            async () =>
                (await host.GetAsync("/api/v1/runs"))
                    .GetProperty("runs")
                    .EnumerateArray()
                    .Any(run =>
                        run.GetProperty("state").GetString() == "failed"
                        && run.GetProperty("error").GetString()!.Contains(reason, StringComparison.Ordinal)
                    ),
            Wait,
            $"whether a training has failed with '{reason}'"
        );

    /// <returns>The champion of the one model, and its newest version.</returns>
    private static async Task<(int Champion, int Newest)> ChampionAsync(TrainingHost host)
    {
        JsonElement model = Assert.Single(
            (await host.GetAsync("/api/v1/models")).GetProperty("models").EnumerateArray()
        );
        return (
            model.GetProperty("aliases")[0].GetProperty("version").GetInt32(),
            model.GetProperty("newest_version").GetInt32()
        );
    }

    private static async Task ExecuteAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
