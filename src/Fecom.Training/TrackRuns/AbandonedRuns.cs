using Fecom.Platform.Jobs;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.TrackRuns;

/// <summary>Closes the record of trainings whose host was killed: from the start on, rather than when their job runs again.</summary>
/// <remarks>
/// A training holds its job's lock. One whose lock nobody holds at two looks in a row is under way no more; at one look it may have
/// lost its connection to PostgreSQL for a moment.
/// </remarks>
internal sealed partial class AbandonedRuns(
    Supervision supervision,
    RunLog runs,
    JobsUnderWay underWay,
    TimeProvider time,
    ILogger<AbandonedRuns> logger
) : SupervisedService(supervision, "the closing of trainings that were cut off")
{
    /// <summary>As long as a run may take to have its job's lock again after a break of its connection, with time to spare.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Wait, time);
        IReadOnlyList<OpenRun> suspects = [];
        do
        {
            IReadOnlyList<OpenRun> abandoned = await FindAsync(stoppingToken);
            foreach (OpenRun run in abandoned.Intersect(suspects))
            {
                if (await runs.AbandonAsync(run.Id, stoppingToken))
                {
                    LogAbandoned(run.Job, run.Id);
                }
            }

            suspects = abandoned;
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<OpenRun>> FindAsync(CancellationToken cancellationToken)
    {
        List<OpenRun> abandoned = [];
        foreach (OpenRun run in await runs.OpenAsync(cancellationToken))
        {
            if (!await underWay.HasAsync(run.Job, cancellationToken))
            {
                abandoned.Add(run);
            }
        }

        return abandoned;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Job}, training {Run}: its host stopped before it ended; it is recorded as failed"
    )]
    private partial void LogAbandoned(string job, long run);
}

/// <summary>A training whose end is not recorded.</summary>
internal sealed record OpenRun(long Id, string Job);
