using Fecom.Platform.Jobs;
using Fecom.Platform.Services;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Keeps the study under way going: asks for runs that a killed host did not ask for, ends a study whose time is over, and clears up behind it.</summary>
internal sealed class StudyKeeper(
    Supervision supervision,
    StudyTable studies,
    TrialTable trials,
    StudyData data,
    JobStarter starter,
    JobsUnderWay underWay,
    TimeProvider time
) : SupervisedService(supervision, "the study of parameters under way")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>While no study is under way: whoever asks for one sets it going.</summary>
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(15);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            timer.Period = await LookAsync(stoppingToken) ? Interval : IdleInterval;
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <returns>Whether a study is under way.</returns>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        if (await trials.FindOpenAsync(cancellationToken) is { } open)
        {
            if (await trials.HasNextAsync(open.Id, cancellationToken))
            {
                await starter.StartAsync(TrainingJobs.RunTrial, cancellationToken: cancellationToken);
            }
        }
        else if (await studies.FindUnpreparedAsync(cancellationToken) is not null)
        {
            if (!await underWay.HasAsync(TrainingJobs.TunePurchaseModel, cancellationToken))
            {
                await starter.StartAsync(
                    TrainingJobs.TunePurchaseModel,
                    onlyIfNeeded: true,
                    cancellationToken: cancellationToken
                );
            }
        }
        else
        {
            await ClearAsync(cancellationToken);
            return false;
        }

        return true;
    }

    /// <summary>No study is under way.</summary>
    private async Task ClearAsync(CancellationToken cancellationToken)
    {
        await data.ForgetAsync(cancellationToken);
        foreach ((long study, string path) in await studies.LeftFilesAsync(cancellationToken))
        {
            await data.RemoveAsync(path, cancellationToken);
            await studies.ForgetFileAsync(study, cancellationToken);
        }
    }
}
