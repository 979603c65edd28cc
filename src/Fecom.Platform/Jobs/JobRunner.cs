using System.Globalization;
using Fecom.Platform.Messaging;
using Hangfire;
using Hangfire.Server;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Jobs;

/// <summary>Called by Hangfire: runs a job by its name, once it holds the job's lock; without one where runs are side by side.</summary>
internal sealed partial class JobRunner(
    IServiceProvider services,
    JobLocks locks,
    RunTable runs,
    IEnumerable<JobDefinition> jobs,
    IBackgroundJobClient client,
    JobMetrics metrics,
    TimeProvider time,
    ILogger<JobRunner> logger
)
{
    /// <param name="job">The job's name.</param>
    /// <param name="onlyIfNeeded">Whether the run may end without doing anything when there is nothing to do.</param>
    /// <param name="context">Given by Hangfire.</param>
    /// <param name="cancellationToken">Given by Hangfire: cancelled when the run is deleted, or another host has it, and when this one stops.</param>
    [JobDisplayName("{0}")]
    public async Task RunAsync(
        string job,
        bool onlyIfNeeded,
        PerformContext context,
        CancellationToken cancellationToken
    )
    {
        long id = long.Parse(context.BackgroundJob.Id, CultureInfo.InvariantCulture);
        IJob work =
            services.GetKeyedService<IJob>(job)
            ?? throw new InvalidOperationException(
                $"This host knows no job '{job}'. It may have been removed in this version."
            );
        JobRun run = new(id, job, onlyIfNeeded, runs, time, logger);
        if (jobs.First(definition => definition.Name == job).RunsSideBySide)
        {
            await runs.BeginAsync(id, cancellationToken);
            await RunAsync(work, run, held: null, cancellationToken);
            return;
        }

        try
        {
            await using JobLock held = await locks.TakeAsync(job, id, cancellationToken);
            await RunAsync(work, run, held, cancellationToken);
        }
        catch (RunUnderWayException)
        {
            throw;
        }
        catch
        {
            await WakeNextAsync(job, id);
            throw;
        }

        await WakeNextAsync(job, id);
    }

    private async Task RunAsync(IJob work, JobRun run, JobLock? held, CancellationToken cancellationToken)
    {
        LogBegins(run.Job, run.Id);
        long start = time.GetTimestamp();
        string state = JobMetrics.Failed;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            held?.Lost ?? CancellationToken.None
        );
        try
        {
            await work.RunAsync(run, stop.Token);
            if (held is not null)
            {
                await held.CompleteAsync(stop.Token);
            }

            state = JobMetrics.Completed;
            LogSucceeded(run.Job, run.Id, time.GetElapsedTime(start).TotalSeconds);
        }
        catch (RunNotNeededException e)
        {
            state = JobMetrics.Completed;
            LogNotNeeded(run.Job, run.Id, e.Message);
            throw;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            state = JobMetrics.Cancelled;
            LogCancelled(run.Job, run.Id);
            throw;
        }
        catch (OperationCanceledException e) when (held?.Lost.IsCancellationRequested == true)
        {
            throw new InvalidOperationException(
                "PostgreSQL was away for too long, or another host took the run over.",
                e
            );
        }
        catch (Exception e)
        {
            LogFailed(e, run.Job, run.Id);
            throw;
        }
        finally
        {
            metrics.Ended(run.Job, state, time.GetElapsedTime(start));
            await run.FlushAsync();
            await runs.EndAsync(run.Id);
        }
    }

    /// <summary>Starts the run that was postponed for this one now, rather than at its next try.</summary>
    private async Task WakeNextAsync(string job, long ended)
    {
        try
        {
            if (await runs.FindHeldAsync(job) is { } next)
            {
                client.ChangeState(
                    next.ToString(CultureInfo.InvariantCulture),
                    new EnqueuedState { Reason = $"Run {ended} has ended." },
                    ScheduledState.StateName
                );
            }
        }
        catch (Exception e) when (Outage.Is(e))
        {
            LogNotWoken(job, ended, e.Message);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Job}: a run that waits for the end of run {Run} was not woken, and looks by itself: {Reason}"
    )]
    private partial void LogNotWoken(string job, long run, string reason);

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}, begins")]
    private partial void LogBegins(string job, long run);

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}, succeeded after {Seconds:0.0} s")]
    private partial void LogSucceeded(string job, long run, double seconds);

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}, is not needed: {Reason}")]
    private partial void LogNotNeeded(string job, long run, string reason);

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}, was stopped")]
    private partial void LogCancelled(string job, long run);

    [LoggerMessage(LogLevel.Error, "{Job}, run {Run}, failed")]
    private partial void LogFailed(Exception exception, string job, long run);
}
