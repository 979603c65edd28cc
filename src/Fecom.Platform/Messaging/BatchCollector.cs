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

    /// <summary>The batch, in order within each lane.</summary>
    public IReadOnlyList<TopicMessage<T>> Messages => _messages;

    /// <summary>Messages that are not what the topic carries.</summary>
    public List<UnreadableMessage> Unreadable { get; } = [];

    /// <summary>The traces that the batch's messages belong to.</summary>
    public BatchTraces Traces { get; } = new();

    /// <summary>Next offset of each lane once this batch is done.</summary>
    public IReadOnlyDictionary<int, long> NextOffsets => _next;

    /// <summary>Waits up to <paramref name="wait"/> for a first message, then takes what is there.</summary>
    /// <returns>Whether there is anything to process.</returns>
    public bool Collect(IConsumer<byte[], byte[]> consumer, TimeSpan wait)
    {
        // The same list again and again: one of this size would be a large object, which only a full collection frees.
        _messages.Clear();
        Unreadable.Clear();
        Traces.Clear();
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

    /// <summary>Drops the messages of lanes that this host no longer reads.</summary>
    public void Keep(IReadOnlySet<int> lanes)
    {
        if (_next.Keys.All(lanes.Contains))
        {
            return;
        }

        _messages.RemoveAll(message => !lanes.Contains(message.Partition));
        foreach (int gone in _next.Keys.Where(lane => !lanes.Contains(lane)).ToArray())
        {
            _next.Remove(gone);
        }
    }

    private bool Full => _messages.Count + Unreadable.Count >= endpoint.BatchSize || _bytes >= MostBytes;

    private void Add(ConsumeResult<byte[], byte[]> result)
    {
        Message<byte[], byte[]> message = result.Message;
        int lane = MessageHeader.ReadReplay(message.Headers) ? TopicEndpointDefinition.FirstReplayLane + result.Partition : result.Partition.Value;
        byte[] value = message.Value ?? [];
        _bytes += value.Length;
        _next[lane] = result.Offset + 1;
        try
        {
            _messages.Add(lane < TopicEndpointDefinition.FirstReplayLane ? Read(lane, result, value) : ReadLetter(lane, result, value));
        }
        catch (FormatException e)
        {
            Unreadable.Add(new(lane, result.Offset, message.Key ?? [], value, e.Message));
        }
    }

    private TopicMessage<T> Read(int lane, ConsumeResult<byte[], byte[]> result, byte[] value)
    {
        Headers? headers = result.Message.Headers;
        if (headers is not null)
        {
            Traces.Add(headers);
        }

        T read = format.Read(value);
        return _origins is not null
            ? new(lane, result.Offset, result.Message.Key ?? [], value, read, _origins.Origin(read), null)
            : new(
                lane,
                result.Offset,
                result.Message.Key ?? [],
                value,
                read,
                MessageHeader.ReadOrigin(headers) ?? OwnOrigin(lane, result),
                MessageHeader.ReadMalformed(headers)
            );
    }

    private TopicMessage<T> ReadLetter(int lane, ConsumeResult<byte[], byte[]> result, byte[] value)
    {
        ReplayedLetter letter = ReplayedLetter.Read(value);
        return new(lane, result.Offset, letter.Key, letter.Original, format.Read(letter.Original), letter.Origin(endpoint.Name), null);
    }

    private MessageOrigin OwnOrigin(int lane, ConsumeResult<byte[], byte[]> result)
    {
        if (!_ownSources.TryGetValue(lane, out string? source))
        {
            source = $"kafka:{cluster}/{endpoint.Topic}/{result.Partition.Value}";
            _ownSources[lane] = source;
        }

        return new MessageOrigin(source, result.Offset, result.Message.Timestamp.UtcDateTime);
    }
}

/// <summary>A message that is not what its topic carries.</summary>
internal readonly record struct UnreadableMessage(int Lane, long Offset, byte[] Key, byte[] Bytes, string Reason);
