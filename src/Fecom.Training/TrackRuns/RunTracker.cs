using Fecom.Learning.Purchase;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.TrackRuns;

/// <summary>Runs a training with a record of it: however it ends, its row says so.</summary>
internal sealed partial class RunTracker(RunLog runs, TimeProvider time, ILogger<RunTracker> logger)
{
    /// <summary>Runs <paramref name="train"/> as a run of <paramref name="job"/>. Too little data ends the run as failed but is no error of the job.</summary>
    public async Task TrackAsync(
        string job,
        IReadOnlyDictionary<string, object> parameters,
        Func<TrainingRun, Task> train,
        CancellationToken cancellationToken
    )
    {
        TrainingRun run = new(await runs.StartAsync(job, parameters, cancellationToken), job, runs, time, logger);
        try
        {
            await train(run);
            await run.FlushAsync();
            await runs.EndAsync(run.Id, "succeeded", null);
        }
        catch (OperationCanceledException)
        {
            await runs.EndAsync(run.Id, "cancelled", "The run was asked to stop.");
            throw;
        }
        catch (InsufficientDataException e)
        {
            await runs.EndAsync(run.Id, "failed", e.Message);
            LogTooLittle(job, run.Id, e.Message);
        }
        catch (Exception e)
        {
            await runs.EndAsync(run.Id, "failed", e.Message);
            LogFailed(e, job, run.Id);
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Job}, run {Run}, has too little to learn from: {Reason}")]
    private partial void LogTooLittle(string job, long run, string reason);

    [LoggerMessage(LogLevel.Error, "{Job}, run {Run}, failed")]
    private partial void LogFailed(Exception exception, string job, long run);
}
