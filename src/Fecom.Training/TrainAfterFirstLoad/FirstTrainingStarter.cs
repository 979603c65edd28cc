using Fecom.Platform.Jobs;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Asks for a training of each model that has no champion, when there is data to learn from.</summary>
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

    private async Task<bool> HasDataAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("select exists (select from features.session_event)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Information, "Starting {Job}: {Model} has no champion yet")]
    private partial void LogStarting(string job, string model);
}
