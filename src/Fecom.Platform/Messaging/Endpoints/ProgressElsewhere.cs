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
        while (!stoppingToken.IsCancellationRequested)
        {
            Task asked = progress.NextAsked;
            bool isFollowing = false;
            foreach (TopicEndpointDefinition endpoint in endpoints.Where(IsFollowed))
            {
                isFollowing = true;
                await FollowAsync(endpoint, stoppingToken);
            }

            if (cluster.IsEmbedded)
            {
                await Task.Delay(cluster.Hosts == 1 ? AloneInterval : Interval, time, stoppingToken);
            }
            else
            {
                Task next = isFollowing ? Task.WhenAny(asked, Task.Delay(Interval, time, stoppingToken)) : asked;
                await next.WaitAsync(stoppingToken);
            }
        }
    }

    /// <summary>
    /// An embedded log has little room for unread messages, so its senders always wait for all readers. A real cluster is asked for what
    /// somebody waits for alone: while a file loads somebody always does.
    /// </summary>
    private bool IsFollowed(TopicEndpointDefinition endpoint) =>
        !endpoint.Broadcast && (cluster.IsEmbedded ? cluster.Hosts > 1 : progress.IsAwaited(endpoint));

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
