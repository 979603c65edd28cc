using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retries;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Captures the table, on one host at a time, and restarts with growing delays after any failure.</summary>
internal sealed partial class CaptureService(
    Supervision supervision,
    HostLease lease,
    Capture capture,
    CaptureRuns runs,
    CaptureTable table,
    CaptureProgress progress,
    IOptions<CaptureOptions> options,
    TimeProvider time,
    ILogger<CaptureService> logger
) : SupervisedService(supervision, "the capture of PostgreSQL")
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        await lease.HoldAsync(IngestionLocks.CapturePostgres, Name, FollowAsync, stoppingToken);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        progress.IsHere = true;
        try
        {
            await ConcurrentWork.UntilFirstEndsAsync(cancellationToken, CaptureAsync, runs.FollowAsync);
        }
        finally
        {
            progress.IsHere = false;
        }
    }

    private async Task CaptureAsync(CancellationToken cancellationToken)
    {
        RetryLoop retry = new(RetrySchedule.Session, time)
        {
            // Every failure is retried: a person may fix it, and sees the reason meanwhile.
            Helps = _ => true,
            Failed = (failure, _) => new ValueTask(FailedAsync(failure, cancellationToken)),
            Spend = WaitAsync,
        };
        await retry.RunAsync(
            token =>
                capture.RunAsync(
                    () =>
                    {
                        retry.StartOver();
                        progress.Lost(false);
                        progress.Source.ReportSending(null);
                    },
                    token
                ),
            cancellationToken
        );
    }

    private Task FailedAsync(Exception failure, CancellationToken cancellationToken)
    {
        if (!IsKnown(failure))
        {
            LogUnexpected(failure);
        }

        progress.Lost(failure is SlotLostException && !progress.IsAnew);
        return ReportAsync(CaptureFailure.Describe(failure), cancellationToken);
    }

    /// <summary>Waits; a request for a new snapshot ends the wait.</summary>
    private async ValueTask WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using CancellationTokenSource waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(progress.Asked.WaitAsync(waiting.Token), Task.Delay(wait, time, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task ReportAsync(string error, CancellationToken cancellationToken)
    {
        progress.Source.ReportSending(error);
        try
        {
            await table.ReportAsync(options.Value.Table, error, cancellationToken);
        }
        catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
        {
            // The reason could not be stored for other hosts; this host shows it, and tries again.
        }
    }

    /// <summary>Failures of a server, or that a person can fix: the connection, the rights, the slot. Anything else is a bug of ours, which is logged with its stack.</summary>
    private static bool IsKnown(Exception e) =>
        e is CaptureException or SlotLostException or NpgsqlException || Outage.Is(e);

    [LoggerMessage(LogLevel.Error, "The capture of PostgreSQL has failed")]
    private partial void LogUnexpected(Exception cause);
}
