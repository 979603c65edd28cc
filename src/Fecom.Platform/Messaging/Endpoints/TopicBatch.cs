namespace Fecom.Platform.Messaging;

/// <summary>Messages of one topic, in order within each partition, for a MassTransit consumer: <c>IConsumer&lt;TopicBatch&lt;T&gt;&gt;</c>.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Messages">At least one message.</param>
/// <remarks>A consumer that throws sees the same messages again, perhaps in smaller batches: it must be safe to repeat.</remarks>
public sealed record TopicBatch<T>(string Topic, IReadOnlyList<TopicMessage<T>> Messages)
    where T : class
{
    /// <summary>
    /// What is left to do for the messages when the consumer returns, such as to bring a second store up; null (the default) when nothing is.
    /// It may be under way while the consumer takes the next batch. The messages count as processed once it has succeeded; after an outage
    /// it is called again. There is never more than one such batch before the next one.
    /// </summary>
    public Func<CancellationToken, Task>? Finish { get; set; }
}

/// <summary>One message of a batch.</summary>
/// <param name="Partition">Partition of the topic; of a dead letter that comes back, a number of its own above all partitions.</param>
/// <param name="Offset">Place in the partition.</param>
/// <param name="Key">The key, where the format keeps it (see <see cref="ITopicFormat{T}.KeepsKey"/>); empty otherwise.</param>
/// <param name="Value">The content, read.</param>
/// <param name="Origin">Where the content first came from: by the sender's header, otherwise this topic, partition and offset.</param>
/// <param name="Malformed">The sender's note that the value is not what the topic carries; null when there is none.</param>
public readonly record struct TopicMessage<T>(
    int Partition,
    long Offset,
    byte[] Key,
    T Value,
    MessageOrigin Origin,
    string? Malformed
)
    where T : class
{
    /// <summary>Headers that are not Fecom's own, where the format keeps them (see <see cref="ITopicFormat{T}.KeepsHeaders"/>); empty otherwise.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Headers => Others ?? [];

    internal IReadOnlyList<KeyValuePair<string, byte[]>>? Others { get; init; }

    /// <summary>The message in librdkafka's memory, while its batch is being processed.</summary>
    internal nint Native { get; init; }

    /// <summary>What a dead letter that comes back first was; null otherwise.</summary>
    internal byte[]? Original { get; init; }
}
