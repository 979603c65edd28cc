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
                // Where to go when the log does not have the next record is for the endpoint to say: it tells what was missed.
                AutoOffsetReset =
                    endpoint.Broadcast ? AutoOffsetReset.Latest
                    : cluster.IsEmbedded ? AutoOffsetReset.Earliest
                    : AutoOffsetReset.Error,
                // What lies at a partition's end need not be a message. An embedded cluster knows no transactions and no retention.
                EnablePartitionEof = !cluster.IsEmbedded,
                EnableAutoCommit = !endpoint.Broadcast,
                // Other hosts see how far this one is by what it commits; an embedded cluster's senders wait for it, those to topics with few
                // messages hardly.
                AutoCommitIntervalMs = cluster.IsEmbedded
                    ? Math.Max(200, 2 * (int)endpoint.BatchInterval.TotalMilliseconds)
                    : 500,
                EnableAutoOffsetStore = false,
                PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
                MaxPollIntervalMs = 600_000,
                // A killed member's partitions stand still this long, and each round of a rebalance on an embedded cluster takes as
                // long less a second; 6 s is the least that a real one grants. It beats from a thread of the library, so a long
                // batch is no matter.
                SessionTimeoutMs = cluster.IsEmbedded ? 3_000 : 6_000,
                HeartbeatIntervalMs = cluster.IsEmbedded ? 500 : 1_500,
                // An embedded cluster answers an empty fetch only when this time is over; a real one as soon as there is something.
                FetchWaitMaxMs = cluster.IsEmbedded ? (int)endpoint.BatchInterval.TotalMilliseconds : 500,
                QueuedMinMessages = 2 * endpoint.BatchSize,
                // With enough in the queue a fetch waits this long; the default of 1 s would starve a fast consumer.
                FetchQueueBackoffMs = 5,
                QueuedMaxMessagesKbytes = 16 * 1024,
            }
        );
}
