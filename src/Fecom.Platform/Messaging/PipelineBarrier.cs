using Confluent.Kafka;
using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Follows the log ends of a topic through its endpoints and on to the topics that these send to.</summary>
internal sealed class PipelineBarrier(KafkaCluster cluster, ConsumerProgress progress) : IPipelineBarrier, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lazy<IConsumer<Ignore, Ignore>> _reader = new(() =>
        new ConsumerBuilder<Ignore, Ignore>(cluster.Reach(new ConsumerConfig { GroupId = "fecom.barrier", EnableAutoCommit = false }))
            .SetLogHandler((_, _) => { })
            .Build()
    );

    public async Task PassAsync(string topic, CancellationToken cancellationToken)
    {
        long[] ends = await Task.Run(() => Ends(topic), cancellationToken);
        HashSet<string> next = new(StringComparer.Ordinal);
        foreach (TopicEndpointDefinition endpoint in progress.Readers(topic).Where(endpoint => !endpoint.Broadcast))
        {
            await progress.ReachAsync(endpoint, topic, ends, cancellationToken);
            next.UnionWith(endpoint.Produces);
            if (endpoint.DeadLetters)
            {
                next.Add(Topics.DeadLetter(endpoint.Topic));
            }
        }

        foreach (string output in next)
        {
            await PassAsync(output, cancellationToken);
        }
    }

    public void Dispose()
    {
        if (_reader.IsValueCreated)
        {
            _reader.Value.Dispose();
        }
    }

    private long[] Ends(string topic)
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
