using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>The producer and the barrier for modules, by the names of Contracts: see <see cref="TopicPrefix"/>.</summary>
internal sealed class NamedTopics(TopicProducer producer, PipelineBarrier barrier, IOptions<KafkaOptions> options)
    : ITopicProducer,
        IPipelineBarrier
{
    private readonly string _prefix = options.Value.Prefix;

    public Task SendAsync(string topic, IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) =>
        producer.SendAsync(_prefix + topic, messages, cancellationToken);

    public int MaxBytes(string topic) => producer.MaxBytes(_prefix + topic);

    public Task PassAsync(string topic, CancellationToken cancellationToken) =>
        barrier.PassAsync(_prefix + topic, cancellationToken);
}
