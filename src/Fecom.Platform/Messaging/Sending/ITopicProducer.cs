namespace Fecom.Platform.Messaging;

/// <summary>Where a message's content first came from; travels in one Kafka header, so that an event sent again is known again.</summary>
/// <param name="Source">Stable name of the source, up to 256 characters.</param>
/// <param name="Position">Place in the source; ascends within a source.</param>
/// <param name="ReceivedAt">When it was first taken in, UTC.</param>
public readonly record struct MessageOrigin(string Source, long Position, DateTime ReceivedAt);

/// <summary>A message to send.</summary>
/// <param name="Key">Decides the partition (murmur2, as Kafka's own clients); null spreads messages over all partitions.</param>
/// <param name="Value">The content.</param>
/// <param name="Origin">Where it came from; null when it begins here.</param>
/// <param name="Malformed">Why the value is not what the topic carries, when the sender knows already; the consumer keeps it as invalid.</param>
public readonly record struct OutgoingMessage(
    byte[]? Key,
    byte[] Value,
    MessageOrigin? Origin = null,
    string? Malformed = null
);

/// <summary>Sends batches to a topic: idempotent, acknowledged by all in-sync replicas, in order within a partition.</summary>
public interface ITopicProducer
{
    /// <summary>Sends the messages and completes when Kafka has all of them. Waits first while the topic's consumers lag (embedded Kafka).</summary>
    /// <exception cref="TopicUnavailableException">Kafka did not take a message; none after it in its partition was sent.</exception>
    /// <exception cref="MessageTooLargeException">The topic takes no message of that size.</exception>
    Task SendAsync(string topic, IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken);

    /// <summary>Most bytes of a message's key and value that the topic takes, as far as it is known.</summary>
    int MaxBytes(string topic);
}

/// <summary>Kafka could not be reached or refused a message; the message says which topic and what to look at.</summary>
public sealed class TopicUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether Kafka is there and lets this host not in: by waiting alone nothing changes.</summary>
    public bool IsRefusal { get; init; }
}

/// <summary>A message that its topic does not take because of its size: the message's fault, not one that passes.</summary>
public sealed class MessageTooLargeException(string message) : Exception(message);
