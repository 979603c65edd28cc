using Fecom.Testing;
using Fecom.Training.TrainAfterFirstLoad;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Loads that end while nothing is trained yet, or while the first training runs.</summary>
public sealed class FirstTrainingTests(Servers servers)
{
    private const int TestTimeout = 120_000;
    private const int Sessions = 4_000;

    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact(Timeout = TestTimeout)]
    public async Task Loads_that_end_at_once_train_once_and_one_that_doubles_the_data_trains_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            ("Training:TrainAfterFirstLoad", "true"),
            ("Jobs:TrainingWorkers", "2")
        );
        FirstTrainingStarter starter = host.Services.GetRequiredService<FirstTrainingStarter>();
        await host.AddSessionsAsync(Sessions, "p", Start, sample: false);

        await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => starter.StartAsync(3 * Sessions, TestContext.Current.CancellationToken))
        );
        await RestsAsync(host);
        Assert.Equal(1, await CountAsync(host, "select count(*) from training.run where job = 'train_recommender'"));

        // A second load a moment later, which does not double the data.
        await host.AddSessionsAsync(Sessions / 2, "q", Start.AddDays(3), sample: false);
        await starter.StartAsync(3 * Sessions / 2, TestContext.Current.CancellationToken);
        await RestsAsync(host);
        Assert.Equal(1, await CountAsync(host, "select count(*) from training.run where job = 'train_recommender'"));

        await host.AddSessionsAsync(Sessions, "q", Start.AddDays(7), sample: false);
        await starter.StartAsync(3 * Sessions, TestContext.Current.CancellationToken);
        await RestsAsync(host);
        Assert.Equal(2, await CountAsync(host, "select count(*) from training.run where job = 'train_recommender'"));
    }

    private static async Task RestsAsync(TrainingHost host) =>
        await Poll.UntilEqualAsync(
            0,
            () =>
                CountAsync(
                    host,
                    """
                    select count(*) from jobs.run r join jobs.job j using (id)
                    where r.job = 'train_recommender' and (j.statename is null or j.statename in ('Enqueued', 'Scheduled', 'Processing'))
                    """
                ),
            TimeSpan.FromSeconds(60),
            "runs that have not ended"
        );

    private static async Task<long> CountAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
