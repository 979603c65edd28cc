using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Asks Kafka how far its logs go.</summary>
internal sealed class LogEnds(KafkaCluster cluster) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lazy<IConsumer<Ignore, Ignore>> _reader = new(() =>
        new ConsumerBuilder<Ignore, Ignore>(cluster.Reach(new ConsumerConfig { GroupId = "fecom.barrier", EnableAutoCommit = false }))
            .SetLogHandler((_, _) => { })
            .Build()
    );

    /// <summary>Offset of the next message that each partition of the topic gets.</summary>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public Task<long[]> OfAsync(string topic, CancellationToken cancellationToken) => Task.Run(() => Of(topic), cancellationToken);

    public void Dispose()
    {
        if (_reader.IsValueCreated)
        {
            _reader.Value.Dispose();
        }
    }

    private long[] Of(string topic)
    {
        try
        {
            return
            [
                .. Enumerable
                    .Range(0, cluster.Partitions(topic))
                    .Select(partition => _reader.Value.QueryWatermarkOffsets(new TopicPartition(topic, partition), Patience).High.Value),
            ];
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell how far {topic} goes: {e.Error.Reason}", e);
        }
    }
}
