using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.RunExperiments;

/// <summary>Counts the feedback of experiments, and judges their variants, on one host at a time.</summary>
internal sealed class CountExperiments(
    Supervision supervision,
    HostLease lease,
    Experiments experiments,
    ExperimentFigures figures,
    ExperimentGuard guard,
    IOptions<FeedbackOptions> options,
    TimeProvider time
) : SupervisedService(supervision, "the count of the experiments")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How often running experiments are judged.</summary>
    private static readonly TimeSpan JudgeInterval = TimeSpan.FromSeconds(20);

    /// <summary>An answer is written some tenths of a second after it was given; by then it is there, or was lost.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private DateTimeOffset _judged = DateTimeOffset.MinValue;

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(ServingLocks.CountExperiments, Name, CountAsync, stoppingToken);

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            bool isMore;
            do
            {
                DateTime before = time.GetUtcNow().UtcDateTime - Settled;
                isMore =
                    experiments.Exist
                    && await figures.CountAsync(before, options.Value.AttributionWindow, cancellationToken);
                // Feedback of a month may wait when the first experiment begins: a variant that loses is not to go on so long.
                await JudgeAsync(cancellationToken);
            } while (isMore);
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - _judged < JudgeInterval)
        {
            return;
        }

        _judged = time.GetUtcNow();
        foreach (RunningExperiment one in experiments.Running.Where(one => one.Version.Definition.Guard is not null))
        {
            await guard.JudgeAsync(one.Version, cancellationToken);
        }
    }
}
