using System.Globalization;
using Fecom.Testing;
using Fecom.Training.Retrain;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>A training that was asked for because something has moved: once for several hosts, and until one has come to its end.</summary>
public sealed class RetrainingTests(Servers servers) : IDisposable
{
    private const string Job = "train_purchase_model";
    private const string Reason = "something has moved";
    private const string UnderWay =
        "jobs.run r join jobs.job j on j.id = r.id where r.job = 'train_purchase_model' and j.statename in ('Enqueued', 'Scheduled', 'Processing')";

    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("fecom-models-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Delete(recursive: true);

    [Fact(Timeout = 300_000)]
    public async Task Hosts_that_find_it_while_a_training_begins_train_once_and_when_the_host_that_trains_stops_another_does_for_the_same_reason()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        // This one asks, and has the embedded Kafka; the others train.
        await using TrainingHost host = await StartAsync(database, redis, trainings: 0);
        long versions;
        await using (TrainingHost trainer = await StartAsync(database, redis, trainings: 1))
        {
            await CartEvents.AddAsync(host, 2_000, Start);
            Assert.StartsWith(
                "completed: version 1 is the champion",
                await CartEvents.TrainAsync(host),
                StringComparison.Ordinal
            );
            await CartEvents.AddAsync(host, 300, Start.AddDays(2));

            // A run has begun and has not taken the request yet when others find the same.
            await using (await HoldAsync(host, "training.run"))
            {
                await AskAsync(host);
                await WaitsAsync(host, "training.run");
                await Task.WhenAll(AskAsync(host), AskAsync(trainer), AskAsync(host), AskAsync(trainer));
                Assert.True(await CountAsync(host, UnderWay) > 1);
            }

            await Poll.UntilEqualAsync(
                0L,
                () => CountAsync(host, UnderWay),
                TimeSpan.FromSeconds(60),
                "trainings that are asked for"
            );
            Assert.Equal(1, await CountAsync(host, RunsFor("completed")));
            Assert.Equal(2, await CountAsync(host, "training.run"));

            // The cool-down is over, and the host stops before the version of the next training is there.
            await ExecuteAsync(host, "update training.retraining set asked_at = asked_at - interval '1 year'");
            await CartEvents.AddAsync(host, 300, Start.AddDays(3));
            versions = await CountAsync(host, "training.model_version");
            await using (await HoldAsync(host, "training.model_version"))
            {
                await AskAsync(host);
                await WaitsAsync(host, "training.model_version");
                await trainer.StopAsync();
            }
        }

        Assert.Equal(1, await CountAsync(host, RunsFor("cancelled")));
        Assert.Equal(versions, await CountAsync(host, "training.model_version"));
        await using TrainingHost other = await StartAsync(database, redis, trainings: 1);
        await Poll.UntilEqualAsync(
            2L,
            () => CountAsync(host, RunsFor("completed")),
            TimeSpan.FromSeconds(60),
            "trainings that have completed for that reason"
        );
        Assert.Equal(versions + 1, await CountAsync(host, "training.model_version"));
        Assert.Equal(4, await CountAsync(host, "training.run"));
        Assert.Equal(2, await CountAsync(host, "training.retraining"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_is_open_until_a_training_completes_whatever_ended_those_before()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis,
            trainings: 0
        );
        RunLog runs = host.Services.GetRequiredService<RunLog>();
        await BeginAsync(runs);
        await AskAsync(host);

        // Of a host that was killed nothing ends the record.
        long killed = await BeginAsync(runs);
        long failed = await BeginAsync(runs);
        await runs.EndAsync(failed, "failed", "No space left on device");
        long completed = await BeginAsync(runs);
        await runs.EndAsync(completed, "completed", null);
        await BeginAsync(runs);

        await using NpgsqlCommand command = host.Database.CreateCommand(
            "select array_agg(id order by id) from training.run where reason = $1"
        );
        command.Parameters.Add(new() { Value = Reason });
        Assert.Equal([killed, failed, completed], (long[])(await command.ExecuteScalarAsync(Cancelled))!);
        Assert.Equal(
            1,
            await CountAsync(
                host,
                string.Create(CultureInfo.InvariantCulture, $"training.retraining where run_id = {completed}")
            )
        );
    }

    private static Task<long> BeginAsync(RunLog runs) =>
        runs.StartAsync(Job, new RunStart(new Dictionary<string, object>(), 1), Cancelled);

    private Task<TrainingHost> StartAsync(string database, PrivateRedis redis, int trainings) =>
        TrainingHost.StartAsync(
            database,
            redis.ConnectionString,
            ("Paths:Models", _models.FullName),
            ("Jobs:TrainingWorkers", trainings.ToString(CultureInfo.InvariantCulture))
        );

    private static Task<string> AskAsync(TrainingHost host) =>
        host.Services.GetRequiredService<Retraining>().AskAsync(Job, Reason, Cancelled);

    private static string RunsFor(string state) => $"training.run where reason = '{Reason}' and state = '{state}'";

    /// <summary>Lets nobody write a table until it is disposed of.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(TrainingHost host, string table)
    {
        NpgsqlConnection connection = await host.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlCommand hold = new($"begin; lock table {table} in share row exclusive mode", connection);
        await hold.ExecuteNonQueryAsync(Cancelled);
        return connection;
    }

    private static Task WaitsAsync(TrainingHost host, string table) =>
        Poll.UntilEqualAsync(
            1L,
            () =>
                CountAsync(
                    host,
                    $"pg_locks where relation = '{table}'::regclass and mode = 'RowExclusiveLock' and not granted"
                ),
            TimeSpan.FromSeconds(60),
            $"trainings that are about to write {table}"
        );

    private static async Task ExecuteAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<long> CountAsync(TrainingHost host, string rows)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand($"select count(*) from {rows}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
