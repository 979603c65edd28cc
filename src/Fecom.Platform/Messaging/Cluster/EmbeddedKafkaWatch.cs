using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Notices when the embedded cluster that the hosts share has ended or was replaced. Every offset in this process's memory
/// then belongs to a lost log, so the host restarts. One of the hosts starts the next cluster, and the sources send again
/// what was lost, beginning where the sinks' positions are.
/// </summary>
internal sealed partial class EmbeddedKafkaWatch(
    Supervision supervision,
    KafkaCluster cluster,
    EmbeddedKafkaClaim claim,
    HostRestart restart,
    TimeProvider time,
    ILogger<EmbeddedKafkaWatch> logger
) : SupervisedService(supervision, "the watch over the embedded Kafka")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Of the host that owns the cluster, which knows what becomes of it.</summary>
    private static readonly TimeSpan OwnersInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (!cluster.IsEmbedded)
        {
            return;
        }

        using PeriodicTimer timer = new(cluster.Embedded is null ? Interval : OwnersInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // Without PostgreSQL this waits, and no host can take over either.
            await cluster.BeatAsync(stoppingToken);
            if (await IsLostAsync(stoppingToken))
            {
                restart.Request();
                LogLost();
                return;
            }
        }
    }

    private async Task<bool> IsLostAsync(CancellationToken cancellationToken)
    {
        if ((await claim.AnnouncedAsync(cancellationToken))?.Id != cluster.Id)
        {
            return true;
        }

        // The owner takes the lock again after PostgreSQL was unavailable; another host gets it only when the owner has ended.
        if (!await claim.TryHoldAsync(cancellationToken) || cluster.Embedded is not null)
        {
            return false;
        }

        if (await cluster.AskAsync(Timeout) is null)
        {
            await claim.ReleaseAsync();
            return false;
        }

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "The embedded Kafka that this host had joined is gone; the host starts again")]
    private partial void LogLost();
}
