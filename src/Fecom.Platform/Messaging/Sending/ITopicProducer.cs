namespace Fecom.Platform.Messaging;

/// <summary>Where a message's content first came from. Sent in a Kafka header, so that an event that is sent twice is recognised.</summary>
/// <param name="Source">Stable name of the source, up to 256 characters.</param>
/// <param name="Position">Place in the source; ascends within a source.</param>
/// <param name="ReceivedAt">When it was first received, UTC.</param>
public readonly record struct MessageOrigin(string Source, long Position, DateTime ReceivedAt);

/// <summary>A message to send.</summary>
/// <param name="Key">Decides the partition (murmur2, as Kafka's own clients); null spreads messages over all partitions.</param>
/// <param name="Value">The content.</param>
/// <param name="Origin">Where it came from; null when Fecom made the message itself.</param>
/// <param name="Malformed">Why the value is not in the topic's format, when the sender knows that already; the consumer keeps it as invalid.</param>
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

    /// <summary>Maximum bytes of a message's key and value together that the topic accepts, as far as it is known.</summary>
    int MaxBytes(string topic);
}

/// <summary>Kafka could not be reached or refused a message; the exception's message names the topic and what to check.</summary>
public sealed class TopicUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether Kafka answers but denies access: waiting alone does not help.</summary>
    public bool IsRefusal { get; init; }
}

/// <summary>A message is larger than its topic accepts: the message's fault, which a retry does not cure.</summary>
public sealed class MessageTooLargeException(string message) : Exception(message);
