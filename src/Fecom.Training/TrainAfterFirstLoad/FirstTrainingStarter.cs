using Fecom.Platform.Jobs;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Requests a training of each model that has no champion, when there are data to learn from; and again when the data have doubled.</summary>
/// <remarks>
/// Loads come one after the other, and a training takes longer than a load. The requested run checks, when it
/// starts, whether it is still needed (<see cref="FirstTraining"/>), and while one waits to start no other is enqueued: however many loads
/// end during a training, at most one run follows it.
/// </remarks>
internal sealed partial class FirstTrainingStarter(
    NpgsqlDataSource database,
    FirstTraining first,
    JobStarter jobs,
    IOptions<TrainingOptions> options,
    ILogger<FirstTrainingStarter> logger
)
{
    /// <param name="loaded">Rows that came in now. A load that is smaller than what the champion knows does not double it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(long loaded, CancellationToken cancellationToken)
    {
        if (!options.Value.TrainAfterFirstLoad || !await HasDataAsync(cancellationToken))
        {
            return;
        }

        foreach (TrainedModel trained in TrainingJobs.Models)
        {
            string job = trained.Job;
            if (await first.LearnedAsync(trained, cancellationToken) is not { } learned || loaded >= learned)
            {
                LogAsked(job, await jobs.StartAsync(job, onlyIfNeeded: true, cancellationToken));
            }
        }
    }

    private Task<bool> HasDataAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<bool>("select exists (select from bronze.validated_event)", null, cancellationToken);

    [LoggerMessage(
        LogLevel.Information,
        "{Job}: run {Run} will train if no champion can be read, or one that has learned from the sample or from less than half of the events"
    )]
    private partial void LogAsked(string job, long run);
}
