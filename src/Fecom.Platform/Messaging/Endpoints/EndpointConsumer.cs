using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An endpoint's librdkafka consumer.</summary>
internal static class EndpointConsumer
{
    public static ConsumerConfig Configure(TopicEndpointDefinition endpoint, KafkaCluster cluster) =>
        cluster.Reach(
            new ConsumerConfig
            {
                GroupId = endpoint.Broadcast ? $"{endpoint.Group}.{cluster.HostId}" : endpoint.Group,
                // When the log no longer has the next record, the endpoint decides where to continue and reports what was lost.
                AutoOffsetReset =
                    endpoint.Broadcast ? AutoOffsetReset.Latest
                    : cluster.IsEmbedded ? AutoOffsetReset.Earliest
                    : AutoOffsetReset.Error,
                // The last records of a partition need not be messages (transaction markers). An embedded cluster has no transactions and no retention.
                EnablePartitionEof = !cluster.IsEmbedded,
                EnableAutoCommit = !endpoint.Broadcast,
                // Other hosts see this one's progress by its commits. Senders to an embedded cluster wait for them; those to topics with few
                // messages hardly do.
                AutoCommitIntervalMs = cluster.IsEmbedded
                    ? Math.Max(200, 2 * (int)endpoint.BatchInterval.TotalMilliseconds)
                    : 500,
                EnableAutoOffsetStore = false,
                PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
                MaxPollIntervalMs = 600_000,
                // The partitions of a killed member pause this long, and each round of a rebalance on an embedded cluster takes as
                // long less one second; 6 s is the smallest value that a real broker accepts. Heartbeats come from a thread of the library,
                // so a long batch does not expire the session.
                SessionTimeoutMs = cluster.IsEmbedded ? 3_000 : 6_000,
                HeartbeatIntervalMs = cluster.IsEmbedded ? 500 : 1_500,
                // An embedded cluster answers an empty fetch only after this time, a real one as soon as a message arrives.
                FetchWaitMaxMs = cluster.IsEmbedded
                    ? (int)(endpoint.FetchWait ?? endpoint.BatchInterval).TotalMilliseconds
                    : 500,
                QueuedMinMessages = 2 * endpoint.BatchSize,
                // The pause between fetches while the local queue is full; with the default of 1 s a fast consumer would run dry.
                FetchQueueBackoffMs = 5,
                QueuedMaxMessagesKbytes = 2 * endpoint.MaxBatchBytes / 1024,
            }
        );
}
