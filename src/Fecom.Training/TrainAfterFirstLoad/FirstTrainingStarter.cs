using Fecom.Platform.Jobs;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Asks for a training of each model that has no champion, when there is data to learn from; and again when the data have doubled.</summary>
internal sealed partial class FirstTrainingStarter(
    NpgsqlDataSource database,
    ModelRegistry registry,
    JobStarter jobs,
    IOptions<TrainingOptions> options,
    ILogger<FirstTrainingStarter> logger
)
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.TrainAfterFirstLoad || !await HasDataAsync(cancellationToken))
        {
            return;
        }

        foreach ((string job, string model) in TrainingJobs.Models)
        {
            if (await registry.FindAsync(model, ModelRegistry.Champion, cancellationToken) is null)
            {
                LogStarting(job, model);
                await jobs.StartAsync(job, FirstTraining.Request, cancellationToken);
            }
        }
    }

    /// <summary>A shop's first files load one after the other: who learned from the first alone learns again once a larger one is in.</summary>
    /// <returns>Whether it asked for trainings.</returns>
    public async Task<bool> StartAfterGrowthAsync(long loaded, CancellationToken cancellationToken)
    {
        if (!options.Value.TrainAfterFirstLoad || await TrainedEventsAsync(cancellationToken) is not { } trained || loaded < trained)
        {
            return false;
        }

        foreach ((string job, _) in TrainingJobs.Models)
        {
            LogGrown(job, loaded, trained);
            await jobs.StartAsync(job, data: null, cancellationToken);
        }

        return true;
    }

    /// <summary>Events that the newest trained version learned from; 0 while the first training runs, null when there is none.</summary>
    private async Task<double?> TrainedEventsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select coalesce((select value from training.run_metric m where m.run_id = r.id and m.name = 'events'), 0)
            from training.run r
            where r.job = $1 and r.status in ('running', 'succeeded')
            order by r.id desc limit 1
            """
        );
        command.Parameters.Add(new() { Value = TrainingJobs.TrainRecommender });
        return (double?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private async Task<bool> HasDataAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("select exists (select from features.session_event)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Information, "Starting {Job}: {Loaded} rows came in, the last training knew {Trained:0} events")]
    private partial void LogGrown(string job, long loaded, double trained);

    [LoggerMessage(LogLevel.Information, "Starting {Job}: {Model} has no champion yet")]
    private partial void LogStarting(string job, string model);
}
