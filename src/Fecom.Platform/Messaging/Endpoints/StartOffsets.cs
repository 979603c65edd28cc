using Confluent.Kafka;
using Fecom.Platform.Failures;
using Fecom.Platform.Retries;

namespace Fecom.Platform.Messaging;

/// <summary>Where an endpoint starts in its assigned partitions: at the sink's own offset, else the group's committed offset, else the log's beginning.</summary>
/// <remarks>
/// For a recreated topic the committed offset belongs to the former log, and is ignored. An endpoint that read by a group of its own
/// before it shared a reader continues where that one was.
/// </remarks>
internal sealed class StartOffsets(
    TopicEndpointDefinition endpoint,
    EndpointServices services,
    ISinkOffsets? sink,
    GivenUpMessages givenUp,
    bool anew = false
)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Retries until there is an answer: starting anywhere else would lose or repeat messages.</summary>
    public List<TopicPartitionOffset> Resolve(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        List<TopicPartitionOffset> offsets = [];
        new RetryLoop(RetrySchedule.Assignment, services.Time)
        {
            Failed = (failure, _) =>
            {
                report(FailureText.Of(failure));
                return ValueTask.CompletedTask;
            },
        }.Run(() => offsets = Ask(consumer, partitions, cancellationToken), cancellationToken);
        return offsets;
    }

    private List<TopicPartitionOffset> Ask(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions,
        CancellationToken cancellationToken
    )
    {
        Dictionary<TopicPartition, int> lanes = partitions.ToDictionary(
            partition => partition,
            partition => endpoint.Lane(partition.Topic, partition.Partition)
        );
        IReadOnlyDictionary<int, long> stored = Task.Run(
                () => StoredAsync(consumer, lanes, cancellationToken),
                cancellationToken
            )
            .GetAwaiter()
            .GetResult();
        List<TopicPartition> others = [.. partitions.Where(partition => !stored.ContainsKey(lanes[partition]))];
        IReadOnlyDictionary<TopicPartition, long> committed = anew
            ? new Dictionary<TopicPartition, long>()
            : Committed(consumer, others);
        List<TopicPartitionOffset> offsets =
        [
            .. partitions.Select(partition => new TopicPartitionOffset(
                partition,
                stored.TryGetValue(lanes[partition], out long own) ? own
                    : committed.TryGetValue(partition, out long groups) ? groups
                    : consumer.QueryWatermarkOffsets(partition, Timeout).Low
            )),
        ];
        Task.Run(() => givenUp.LoadAsync(services, endpoint, offsets, cancellationToken), cancellationToken)
            .GetAwaiter()
            .GetResult();
        return offsets;
    }

    private Dictionary<TopicPartition, long> Committed(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions
    )
    {
        Dictionary<TopicPartition, long> committed = Told(consumer, partitions);
        List<TopicPartition> unknown = [.. partitions.Where(partition => !committed.ContainsKey(partition))];
        // An embedded cluster has no groups of an earlier version.
        if (endpoint.FormerGroup is { } former && unknown.Count > 0 && !services.Cluster.IsEmbedded)
        {
            using IConsumer<byte[], byte[]> reader = new ConsumerBuilder<byte[], byte[]>(
                services.Cluster.Reach(new ConsumerConfig { GroupId = former, EnableAutoCommit = false })
            )
                .SetLogHandler((_, _) => { })
                .Build();
            foreach ((TopicPartition partition, long offset) in Told(reader, unknown))
            {
                committed.Add(partition, offset);
            }
        }

        return committed;
    }

    private static Dictionary<TopicPartition, long> Told(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions
    ) =>
        (partitions.Count == 0 ? [] : consumer.Committed(partitions, Timeout))
            .Where(offset => !offset.Offset.IsSpecial)
            .ToDictionary(offset => offset.TopicPartition, offset => offset.Offset.Value);

    /// <summary>The sink's own offsets. A log that ends before one of them is not the log that they belong to.</summary>
    private async Task<IReadOnlyDictionary<int, long>> StoredAsync(
        IConsumer<byte[], byte[]> consumer,
        Dictionary<TopicPartition, int> lanes,
        CancellationToken cancellationToken
    )
    {
        string log = await services.Cluster.RefreshLogAsync(endpoint.Topic, cancellationToken);
        if (sink is null)
        {
            return new Dictionary<int, long>();
        }

        IReadOnlyDictionary<int, long> stored = await sink.AssignAsync(log, lanes.Values, cancellationToken);
        bool isLost =
            !services.Cluster.IsEmbedded
            && lanes.Any(lane =>
                lane.Key.Topic == endpoint.Topic
                && stored.TryGetValue(lane.Value, out long own)
                && own > consumer.QueryWatermarkOffsets(lane.Key, Timeout).High
            );
        return isLost
            ? await sink.AssignAsync(
                await services.Cluster.BeginLogAsync(endpoint.Topic, cancellationToken),
                lanes.Values,
                cancellationToken
            )
            : stored;
    }
}
