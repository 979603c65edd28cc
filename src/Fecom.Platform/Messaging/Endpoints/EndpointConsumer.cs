using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An endpoint's librdkafka consumer.</summary>
internal static class EndpointConsumer
{
    /// <summary>The partitions of a killed host pause this long; the smallest value that a real broker accepts.</summary>
    private const int ShortSession = 6_000;

    /// <summary>
    /// For a cluster that elects another leader and coordinator when a broker ends. That takes 6 to 12 s, and no member is heard meanwhile:
    /// its coordinator is away, or is alive and waits with the member's commit for the replica that is away, and with every later request
    /// of the connection. After a short session each endpoint would lose its partitions, and get them back only when its own former
    /// membership has timed out at the new coordinator, another session later.
    /// </summary>
    private const int SessionOverElection = 15_000;

    /// <summary>Each round of a rebalance on an embedded cluster takes as long, less one second.</summary>
    private const int EmbeddedSession = 3_000;

    /// <summary>An endpoint whose fetches may wait this long is one for whose outcome nobody waits.</summary>
    private static readonly TimeSpan MinGathering = TimeSpan.FromMilliseconds(200);

    /// <summary>A broker answers such an endpoint's fetch once it has so much, some hundred events, or the wait is over.</summary>
    private const int GatheredBytes = 256 * 1024;

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
                    ? Math.Max(500, 2 * (int)endpoint.BatchInterval.TotalMilliseconds)
                    : 500,
                EnableAutoOffsetStore = false,
                PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
                MaxPollIntervalMs = 600_000,
                // Heartbeats come from a thread of the library, so a long batch does not expire the session.
                SessionTimeoutMs =
                    cluster.IsEmbedded ? EmbeddedSession
                    : cluster.HasSpareBrokers ? SessionOverElection
                    : ShortSession,
                HeartbeatIntervalMs = 1_000,
                // An embedded cluster answers an empty fetch only after this time, a real one as soon as so much is there.
                FetchWaitMaxMs = cluster.IsEmbedded || Gathers(endpoint) ? Milliseconds(WaitOf(endpoint)) : 500,
                FetchMinBytes = cluster.IsEmbedded || !Gathers(endpoint) ? 1 : GatheredBytes,
                QueuedMinMessages = 2 * endpoint.BatchSize,
                // The pause between fetches while the local queue is full; with the default of 1 s a fast consumer would run dry.
                FetchQueueBackoffMs = 5,
                QueuedMaxMessagesKbytes = 2 * endpoint.MaxBatchBytes / 1024,
            }
        );

    /// <summary>Whether nobody waits for what an endpoint makes of a message: a real cluster lets such messages gather, as each fetch costs it as much.</summary>
    private static bool Gathers(TopicEndpointDefinition endpoint) => WaitOf(endpoint) >= MinGathering;

    private static TimeSpan WaitOf(TopicEndpointDefinition endpoint) => endpoint.FetchWait ?? endpoint.BatchInterval;

    private static int Milliseconds(TimeSpan time) => (int)time.TotalMilliseconds;
}
