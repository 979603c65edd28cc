using Fecom.Platform.Hosts;
using Fecom.Platform.Retries;
using Fecom.Platform.Services;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TellMlflow;

/// <summary>Tells MLflow of finished trainings, their versions and the aliases, on one host at a time and in their order, retried with growing delays.</summary>
internal sealed partial class MlflowService : SupervisedService
{
    /// <summary>The advisory lock of the host that tells.</summary>
    private const long Lock = 0x6665_636f_6d51;

    private readonly HostLease _lease;
    private readonly UntoldRuns _untold;
    private readonly RunHistory _history;
    private readonly MlflowRuns _runs;
    private readonly MlflowModels _models;
    private readonly MlflowOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MlflowService> _logger;

    public MlflowService(
        Supervision supervision,
        HostLease lease,
        UntoldRuns untold,
        RunHistory history,
        MlflowRuns runs,
        MlflowModels models,
        IOptions<MlflowOptions> options,
        TimeProvider time,
        ILogger<MlflowService> logger
    )
        : base(supervision, "telling MLflow")
    {
        (_lease, _untold, _history, _runs, _models) = (lease, untold, history, runs, models);
        (_options, _time, _logger) = (options.Value, time, logger);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        await _untold.ForgetRefusalsAsync(stoppingToken);
        await _lease.HoldAsync(Lock, Name, TellAsync, stoppingToken);
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        RetryLoop retry = new(_options.Waits, _time)
        {
            Helps = failure => failure is MlflowAwayException,
            Asked = failure => (failure as MlflowAwayException)?.RetryAfter,
            Failed = async (failure, _) =>
            {
                LogFailed(failure.Message);
                await _untold.FailsAsync(failure.Message, cancellationToken);
            },
        };
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(_options.PollSeconds), _time);
        bool isKnownToWork = false;
        do
        {
            bool isTold = false;
            await retry.RunAsync(
                async token =>
                {
                    while (await TellNextAsync(token))
                    {
                        // What comes next is another run: its delays begin anew.
                        retry.StartOver();
                        isTold = true;
                    }

                    foreach (UntoldAlias alias in await _untold.AliasesAsync(token))
                    {
                        await _models.PointAsync(alias, token);
                        await _untold.ToldAsync(alias, token);
                        isTold = true;
                    }
                },
                cancellationToken
            );
            if (isTold || !isKnownToWork)
            {
                await _untold.WorksAsync(cancellationToken);
                isKnownToWork = true;
            }
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <returns>Whether there was one.</returns>
    private async Task<bool> TellNextAsync(CancellationToken cancellationToken)
    {
        if (
            await _untold.NextAsync(cancellationToken) is not { } run
            || await _history.DetailsAsync(run.Id, cancellationToken) is not { } details
        )
        {
            return false;
        }

        try
        {
            await _runs.TellAsync(run, details, cancellationToken);
            await _untold.ToldAsync(run, cancellationToken);
            LogTold(details.Run.Job, run.Id);
        }
        catch (MlflowRefusedException e)
        {
            LogRefused(details.Run.Job, run.Id, e.Message);
            await _untold.RefusedAsync(run, e.Message, cancellationToken);
        }

        return true;
    }

    [LoggerMessage(LogLevel.Information, "MLflow has {Job}, training {Run}")]
    private partial void LogTold(string job, long run);

    [LoggerMessage(
        LogLevel.Warning,
        "MLflow did not take all of {Job}, training {Run}; it is told again when a host starts: {Reason}"
    )]
    private partial void LogRefused(string job, long run, string reason);

    [LoggerMessage(LogLevel.Warning, "MLflow (MLflow:TrackingUri) takes nothing and is told later: {Reason}")]
    private partial void LogFailed(string reason);
}
