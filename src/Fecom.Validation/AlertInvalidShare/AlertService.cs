using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Looks at the invalid share of all hosts, on one of them at a time, and raises one alert a rise.</summary>
internal sealed partial class AlertService(
    Supervision supervision,
    HostLease lease,
    AlertTable table,
    AlertWebhook webhook,
    ValidationMetrics metrics,
    IOptions<AlertOptions> options,
    TimeProvider time,
    ILogger<AlertService> logger
) : SupervisedService(supervision, "the check of the invalid share")
{
    private readonly AlertOptions _options = options.Value;

    private TimeSpan Window => TimeSpan.FromSeconds(_options.WindowSeconds);

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(ValidationLocks.Alert, Name, WatchAsync, stoppingToken);

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ConcurrentWork.UntilFirstEndsAsync(
                cancellationToken,
                webhook.Enabled ? [CheckAsync, webhook.RunAsync] : [CheckAsync]
            );
        }
        finally
        {
            metrics.Seen(null, raised: false);
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(_options.CheckSeconds), time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await CheckOnceAsync(cancellationToken);
        }
    }

    private async Task CheckOnceAsync(CancellationToken cancellationToken)
    {
        InvalidShare share = await table.RecentAsync(Window, cancellationToken);
        bool raised = await table.IsRaisedAsync(cancellationToken);
        bool alerts = share.Alerts(raised, _options);
        metrics.Seen(share, alerts);
        if (alerts && !raised)
        {
            await table.RaiseAsync(share, Window, webhook.Enabled, cancellationToken);
            metrics.AlertRaised();
            LogRaised(share.Invalid, share.Events, _options.WindowSeconds, share.Share, _options.Threshold);
        }
        else if (raised && !alerts)
        {
            await table.ResolveAsync(share, webhook.Enabled, cancellationToken);
            LogResolved(share.Share);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Invalid} of {Events} events of the last {Seconds} s are invalid: a share of {Share:0.000}, above {Threshold}. See /api/v1/invalid-events/counts?by=rule"
    )]
    private partial void LogRaised(long invalid, long events, int seconds, double share, double threshold);

    [LoggerMessage(LogLevel.Information, "The share of invalid events is back at {Share:0.000}")]
    private partial void LogResolved(double share);
}
