using Confluent.Kafka;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>Reads from Kafka the committed offsets of other hosts' endpoints, while somebody here waits for them.</summary>
internal sealed partial class ProgressElsewhere(
    Supervision supervision,
    KafkaCluster cluster,
    GroupOffsets groups,
    ConsumerProgress progress,
    IEnumerable<TopicEndpointDefinition> endpoints,
    TimeProvider time,
    ILogger<ProgressElsewhere> logger
) : SupervisedService(supervision, "the look at the other hosts")
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>While there is no other host on an embedded cluster.</summary>
    private static readonly TimeSpan AloneInterval = TimeSpan.FromSeconds(1);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            bool isAlone = cluster is { IsEmbedded: true, Hosts: 1 };
            timer.Period = isAlone ? AloneInterval : Interval;
            // An embedded log has little room for unread messages, so its senders always wait for all readers.
            if (isAlone || (!cluster.IsEmbedded && !progress.IsAwaited))
            {
                continue;
            }

            foreach (TopicEndpointDefinition endpoint in endpoints.Where(endpoint => !endpoint.Broadcast))
            {
                await FollowAsync(endpoint, stoppingToken);
            }
        }
    }

    private async Task FollowAsync(TopicEndpointDefinition endpoint, CancellationToken stoppingToken)
    {
        List<TopicPartition> elsewhere =
        [
            .. endpoint
                .ReadTopics.SelectMany(topic =>
                    Enumerable.Range(0, cluster.Partitions(topic)).Select(p => new TopicPartition(topic, p))
                )
                .Where(place => !progress.IsHere(endpoint, endpoint.Lane(place.Topic, place.Partition))),
        ];
        if (elsewhere.Count == 0)
        {
            return;
        }

        try
        {
            foreach (
                TopicPartitionOffset offset in await groups.CommittedAsync(endpoint.Group, elsewhere, stoppingToken)
            )
            {
                progress.ReportElsewhere(endpoint, endpoint.Lane(offset.Topic, offset.Partition), offset.Offset);
            }
        }
        catch (KafkaException e)
        {
            // Whoever waits for progress goes on waiting; the next round reads again.
            LogUnknown(endpoint.Name, e.Error.Reason);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Cannot tell how far {Endpoint} is on other hosts: {Reason}")]
    private partial void LogUnknown(string endpoint, string reason);
}
