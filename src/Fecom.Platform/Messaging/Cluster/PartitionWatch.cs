using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Notices partitions that somebody adds to a topic of a real cluster, and topics that somebody makes again.</summary>
internal sealed class PartitionWatch(Supervision supervision, KafkaCluster cluster, TimeProvider time) : SupervisedService(supervision, "the look at Kafka's topics")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (cluster.IsEmbedded)
        {
            return;
        }

        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await cluster.LookAsync(stoppingToken);
        }
    }
}
