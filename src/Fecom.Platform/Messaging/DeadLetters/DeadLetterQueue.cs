using System.Buffers.Text;
using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Keeps what an endpoint cannot process, with the reason and its topic, partition and offset, and sends it to the topic's dead-letter topic.</summary>
internal sealed class DeadLetterQueue(
    TopicProducer producer,
    DeadLetterTable table,
    KafkaCluster cluster,
    TimeProvider time
)
{
    private const int MaxReasonLength = 2_000;

    /// <summary>Bytes of a letter beside its key and original, at most; characters of the reason may be escaped.</summary>
    private const int Around = 16 * 1024;

    /// <param name="endpoint">The endpoint that gives the message up.</param>
    /// <param name="lane">Where it read it.</param>
    /// <param name="offset">Its offset there.</param>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its bytes.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels; the message is read again.</param>
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
        (byte[] keptKey, CutOriginal? cutKey) = CutOriginal.Keep(key, CutOriginal.MaxKeyBytes);
        (byte[] kept, CutOriginal? cut) = CutOriginal.Keep(value, CutOriginal.MaxDeadLetterBytes);
        DeadLetter letter = new()
        {
            Cluster = cluster.Log(endpoint.Topic),
            Endpoint = endpoint.Name,
            Topic = topic,
            Partition = partition,
            Offset = offset,
            Reason = KeptText.Of(reason, MaxReasonLength),
            Key = keptKey,
            Original = kept,
            Cut = cut ?? (cutKey is null ? null : CutOriginal.Of(value)),
            FailedAt = time.GetUtcNow().UtcDateTime,
        };
        // The table first: a member that reads the message again finds there that it has become a dead letter.
        await table.KeepAsync([letter], cancellationToken);
        if (endpoint.DeadLetters)
        {
            string deadLetters = Topics.DeadLetter(endpoint.Topic);
            await producer.SendAsync(
                deadLetters,
                [new OutgoingMessage(keptKey, TopicJson.Write(Fitting(letter, value, producer.MaxBytes(deadLetters))))],
                cancellationToken
            );
        }
    }

    /// <summary>The letter with as much of the message as its topic takes: base64 has four bytes for three. The table has more of it.</summary>
    private static DeadLetter Fitting(DeadLetter letter, byte[] value, int max)
    {
        int room =
            Math.Max(0, max - letter.Key.Length - Base64.GetMaxEncodedToUtf8Length(letter.Key.Length) - Around) / 4 * 3;
        (byte[] kept, CutOriginal? cut) = CutOriginal.Keep(letter.Original, room);
        return cut is null ? letter : letter with { Original = kept, Cut = CutOriginal.Of(value) };
    }
}
