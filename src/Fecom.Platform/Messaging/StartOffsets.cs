using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Where an endpoint starts in the partitions it was given: the sink's own offset, else what the group committed, else the log's beginning.</summary>
internal sealed class StartOffsets(TopicEndpointDefinition endpoint, string cluster, ISinkOffsets? sink)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks until there is an answer: to start anywhere else would lose or repeat messages.</summary>
    public List<TopicPartitionOffset> Resolve(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            try
            {
                return Ask(consumer, partitions, cancellationToken);
            }
            catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
            {
                report(e.Message);
                cancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            }
        }
    }

    private List<TopicPartitionOffset> Ask(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions,
        CancellationToken cancellationToken
    )
    {
        int[] numbers = [.. partitions.Select(partition => partition.Partition.Value)];
        IReadOnlyDictionary<int, long> stored = sink is null
            ? new Dictionary<int, long>()
            : Task.Run(() => sink.AssignAsync(cluster, numbers, cancellationToken), cancellationToken).GetAwaiter().GetResult();
        Dictionary<int, long> committed = consumer
            .Committed(partitions, Patience)
            .Where(offset => !offset.Offset.IsSpecial)
            .ToDictionary(offset => offset.Partition.Value, offset => offset.Offset.Value);
        return
        [
            .. numbers.Select(number => new TopicPartitionOffset(
                endpoint.Topic,
                number,
                stored.TryGetValue(number, out long own) ? own
                    : committed.TryGetValue(number, out long groups) ? groups
                    : consumer.QueryWatermarkOffsets(new TopicPartition(endpoint.Topic, number), Patience).Low
            )),
        ];
    }
}
