using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Takes what has arrived from a consumer, up to a batch, and reads it. Used by one thread, again and again.</summary>
internal sealed class BatchCollector<T>(TopicEndpointDefinition endpoint, ITopicFormat<T> format, string cluster)
    where T : class
{
    /// <summary>Bounds a batch of large messages.</summary>
    private const int MostBytes = 8 * 1024 * 1024;

    private readonly IOriginFormat<T>? _origins = format as IOriginFormat<T>;
    private readonly Dictionary<int, long> _next = [];
    private readonly Dictionary<int, string> _ownSources = [];
    private readonly List<TopicMessage<T>> _messages = [];
    private int _bytes;

    /// <summary>The batch, in order within each partition.</summary>
    public IReadOnlyList<TopicMessage<T>> Messages => _messages;

    /// <summary>Messages that are not what the topic carries, with the reason.</summary>
    public List<(TopicMessage<RawMessage> Message, string Reason)> Unreadable { get; } = [];

    /// <summary>Next offset of each partition once this batch is done.</summary>
    public IReadOnlyDictionary<int, long> NextOffsets => _next;

    /// <summary>Waits up to <paramref name="wait"/> for a first message, then takes what is there.</summary>
    /// <returns>Whether there is anything to process.</returns>
    public bool Collect(IConsumer<byte[], byte[]> consumer, TimeSpan wait)
    {
        // The same list again and again: one of this size would be a large object, which only a full collection frees.
        _messages.Clear();
        Unreadable.Clear();
        _next.Clear();
        _bytes = 0;
        ConsumeResult<byte[], byte[]>? result = consumer.Consume(wait);
        while (result is not null)
        {
            Add(result);
            result = _next.Count > 0 && Full ? null : consumer.Consume(TimeSpan.Zero);
        }

        return _next.Count > 0;
    }

    /// <summary>Drops the messages of partitions that this host no longer reads.</summary>
    public void Keep(IReadOnlySet<int> partitions)
    {
        if (_next.Keys.All(partitions.Contains))
        {
            return;
        }

        _messages.RemoveAll(message => !partitions.Contains(message.Partition));
        foreach (int gone in _next.Keys.Where(partition => !partitions.Contains(partition)).ToArray())
        {
            _next.Remove(gone);
        }
    }

    private bool Full => _messages.Count + Unreadable.Count >= endpoint.BatchSize || _bytes >= MostBytes;

    private void Add(ConsumeResult<byte[], byte[]> result)
    {
        Message<byte[], byte[]> message = result.Message;
        byte[] value = message.Value ?? [];
        _bytes += value.Length;
        _next[result.Partition] = result.Offset + 1;
        try
        {
            T read = format.Read(value);
            MessageOrigin origin = _origins is not null
                ? _origins.Origin(read)
                : MessageHeader.ReadOrigin(message.Headers) ?? OwnOrigin(result);
            string? malformed = _origins is not null ? null : MessageHeader.ReadMalformed(message.Headers);
            _messages.Add(new(result.Partition, result.Offset, message.Key ?? [], value, read, origin, malformed));
        }
        catch (FormatException e)
        {
            Unreadable.Add(
                (new(result.Partition, result.Offset, message.Key ?? [], value, new RawMessage(value), OwnOrigin(result), null), e.Message)
            );
        }
    }

    private MessageOrigin OwnOrigin(ConsumeResult<byte[], byte[]> result)
    {
        if (!_ownSources.TryGetValue(result.Partition, out string? source))
        {
            source = $"kafka:{cluster}/{endpoint.Topic}/{result.Partition.Value}";
            _ownSources[result.Partition] = source;
        }

        return new MessageOrigin(source, result.Offset, result.Message.Timestamp.UtcDateTime);
    }
}
