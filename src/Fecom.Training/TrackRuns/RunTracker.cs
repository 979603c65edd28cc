using Fecom.Learning.Purchase;
using Fecom.Platform.Failures;
using Fecom.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.TrackRuns;

/// <summary>Runs a training and records its outcome, whatever it is.</summary>
internal sealed partial class RunTracker(RunLog runs, ILogger<RunTracker> logger)
{
    /// <summary>Runs <paramref name="train"/> as a run of <paramref name="job"/>. Too little data ends the run as failed but is no error of the job.</summary>
    public async Task TrackAsync(
        JobRun job,
        RunStart start,
        Func<TrainingRun, Task> train,
        CancellationToken cancellationToken
    )
    {
        TrainingRun run = new(await runs.StartAsync(job.Job, start, cancellationToken), job, runs);
        try
        {
            await train(run);
            await runs.EndAsync(run.Id, "completed", null);
        }
        catch (OperationCanceledException)
        {
            await runs.EndAsync(run.Id, "cancelled", "The run was asked to stop.");
            throw;
        }
        catch (InsufficientDataException e)
        {
            await runs.EndAsync(run.Id, "failed", e.Message);
            LogTooLittle(job.Job, run.Id, e.Message);
        }
        catch (Exception e)
        {
            await runs.EndAsync(run.Id, "failed", FailureText.Of(e));
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Job}, training {Run}, has too little to learn from: {Reason}")]
    private partial void LogTooLittle(string job, long run, string reason);
}
