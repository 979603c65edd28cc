using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>The partitions that a member reads now: where it begins in them, and that it has given them up. Used by the member's thread.</summary>
internal sealed partial class EndpointPartitions(
    TopicEndpointDefinition definition,
    ISinkOffsets? sink,
    KafkaCluster cluster,
    ConsumerProgress progress,
    ILogger logger
)
{
    private readonly HashSet<int> _assigned = [];
    private readonly List<TopicPartitionOffset> _uncommitted = [];

    /// <summary>Ends the asking for where to begin.</summary>
    public CancellationToken Stopping { get; set; }

    public IReadOnlySet<int> Assigned => _assigned;

    public IEnumerable<TopicPartitionOffset> Assign(IConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions)
    {
        List<TopicPartitionOffset> offsets = definition.Broadcast
            ? [.. partitions.Select(partition => new TopicPartitionOffset(partition, consumer.QueryWatermarkOffsets(partition, TimeSpan.FromSeconds(10)).High))]
            : new StartOffsets(definition, cluster.Id, sink).Resolve(consumer, partitions, LogNoOffsets, Stopping);
        foreach (TopicPartitionOffset offset in offsets)
        {
            _assigned.Add(offset.Partition);
            progress.Begin(definition, offset.Partition, offset.Offset);
        }

        if (!definition.Broadcast && offsets.Count > 0)
        {
            _uncommitted.AddRange(offsets);
            LogAssigned(string.Join(", ", partitions.Select(partition => partition.Partition.Value).Order()));
        }

        return offsets;
    }

    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        int[] numbers = [.. partitions.Select(partition => partition.Partition.Value)];
        _assigned.ExceptWith(numbers);
        sink?.Revoke(numbers);
        foreach (int number in numbers)
        {
            progress.End(definition, number);
        }
    }

    /// <summary>Says where this member began: a sink's own offset may be ahead of what its group has committed, and other hosts see only that.</summary>
    public void CommitStart(IConsumer<byte[], byte[]> consumer)
    {
        foreach (TopicPartitionOffset offset in _uncommitted.Where(offset => _assigned.Contains(offset.Partition)))
        {
            consumer.StoreOffset(offset);
        }

        _uncommitted.Clear();
    }

    [LoggerMessage(LogLevel.Information, "Reads partitions {Partitions}")]
    private partial void LogAssigned(string partitions);

    [LoggerMessage(LogLevel.Warning, "Cannot read where to start; trying again: {Reason}")]
    private partial void LogNoOffsets(string reason);
}
