using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Sends what an endpoint cannot process to its topic's dead-letter topic, with the reason and where it stood.</summary>
internal sealed class DeadLetterQueue(ITopicProducer producer, DeadLetterTable table, KafkaCluster cluster, TimeProvider time)
{
    /// <param name="endpoint">The endpoint that gives the message up.</param>
    /// <param name="lane">Where it read it.</param>
    /// <param name="offset">Its place there.</param>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its bytes.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Gives up; the message is read again.</param>
    public async Task BuryAsync(
        TopicEndpointDefinition endpoint,
        int lane,
        long offset,
        byte[] key,
        byte[] value,
        string reason,
        CancellationToken cancellationToken
    )
    {
        (string topic, int partition) = endpoint.Place(lane);
        DeadLetter letter = new()
        {
            Endpoint = endpoint.Name,
            Topic = topic,
            Partition = partition,
            Offset = offset,
            Reason = reason,
            Key = key,
            Original = value,
            FailedAt = time.GetUtcNow().UtcDateTime,
        };
        if (cluster.IsEmbedded)
        {
            // The log may go with its process, and a sink that has moved past the message would not take it again.
            await table.KeepAsync([letter], cancellationToken);
        }

        await producer.SendAsync(Topics.DeadLetter(endpoint.Topic), [new OutgoingMessage(key, TopicJson.Write(letter))], cancellationToken);
    }
}
