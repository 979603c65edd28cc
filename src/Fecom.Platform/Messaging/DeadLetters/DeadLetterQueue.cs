using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Keeps what an endpoint cannot process, with the reason and where it stood, and sends it to the topic's dead-letter topic.</summary>
internal sealed class DeadLetterQueue(ITopicProducer producer, DeadLetterTable table, KafkaCluster cluster, TimeProvider time)
{
    private const int MostReason = 2_000;

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
        (byte[] keptKey, CutOriginal? cutKey) = CutOriginal.Keep(key, CutOriginal.MostKeyBytes);
        (byte[] kept, CutOriginal? cut) = CutOriginal.Keep(value, CutOriginal.MostLetterBytes);
        DeadLetter letter = new()
        {
            Cluster = cluster.Log(endpoint.Topic),
            Endpoint = endpoint.Name,
            Topic = topic,
            Partition = partition,
            Offset = offset,
            Reason = KeptText.Of(reason, MostReason),
            Key = keptKey,
            Original = kept,
            Cut = cut ?? (cutKey is null ? null : CutOriginal.Of(value)),
            FailedAt = time.GetUtcNow().UtcDateTime,
        };
        // First the table: by it a member that reads the message again knows that it has been given up.
        await table.KeepAsync([letter], cancellationToken);
        if (endpoint.DeadLetters)
        {
            await producer.SendAsync(Topics.DeadLetter(endpoint.Topic), [new OutgoingMessage(keptKey, TopicJson.Write(letter))], cancellationToken);
        }
    }
}
