using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Messaging;

/// <summary>Notices partitions that somebody adds to a topic of a real cluster.</summary>
internal sealed class PartitionWatch(KafkaCluster cluster, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (cluster.IsEmbedded)
        {
            return;
        }

        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await cluster.CountPartitionsAsync();
        }
    }
}
