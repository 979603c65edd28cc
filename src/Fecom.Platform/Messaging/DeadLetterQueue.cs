using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Sends what an endpoint cannot process to its topic's dead-letter topic, with the reason and where it stood.</summary>
internal sealed class DeadLetterQueue(ITopicProducer producer, TimeProvider time)
{
    public Task BuryAsync(
        TopicEndpointDefinition endpoint,
        int partition,
        long offset,
        byte[] key,
        byte[] value,
        string reason,
        CancellationToken cancellationToken
    )
    {
        DeadLetter letter = new()
        {
            Endpoint = endpoint.Name,
            Topic = endpoint.Topic,
            Partition = partition,
            Offset = offset,
            Reason = reason,
            Key = key,
            Original = value,
            FailedAt = time.GetUtcNow().UtcDateTime,
        };
        return producer.SendAsync(Topics.DeadLetter(endpoint.Topic), [new OutgoingMessage(key, TopicJson.Write(letter))], cancellationToken);
    }
}
