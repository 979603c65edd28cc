using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Takes an endpoint's share of what its consumer has fetched, and deserializes it. Reused for every batch; used by one thread.</summary>
internal sealed unsafe class BatchCollector<T>(
    TopicEndpointDefinition endpoint,
    ITopicFormat<T> format,
    EndpointServices services
)
    where T : class
{
    private readonly IOriginFormat<T>? _origins = format as IOriginFormat<T>;
    private readonly Dictionary<int, long> _next = [];
    private readonly Dictionary<(string Log, int Lane), string> _ownSources = [];
    private DateTime _now;
    private readonly List<TopicMessage<T>> _messages = [];

    /// <summary>The batch, in order within each lane.</summary>
    public IReadOnlyList<TopicMessage<T>> Messages => _messages;

    /// <summary>Messages that are not what the topic carries.</summary>
    public List<UnreadableMessage> Unreadable { get; } = [];

    /// <summary>The traces that the batch's messages belong to.</summary>
    public BatchTraces Traces { get; } = new();

    /// <summary>Next offset of each lane once this batch is done.</summary>
    public IReadOnlyDictionary<int, long> NextOffsets => _next;

    /// <summary>Errors that the library reported in place of messages.</summary>
    public List<ConsumerFault> Faults { get; } = [];

    /// <summary>Begins the next batch.</summary>
    public void Begin()
    {
        // The list is reused: a new one of this size would go to the large object heap, which only a full collection frees.
        _messages.Clear();
        Unreadable.Clear();
        Traces.Clear();
        _next.Clear();
        Faults.Clear();
        _now = services.Time.GetUtcNow().UtcDateTime;
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

    /// <summary>Takes a message, or an error that stands in the place of one.</summary>
    public void Add(int lane, NativeMessage* message)
    {
        if (message->Error != 0)
        {
            AddFault(lane, message);
            return;
        }

        _next[lane] = message->Offset + 1;
        try
        {
            _messages.Add(
                lane < TopicEndpointDefinition.FirstResendLane ? Read(lane, message) : ReadResent(lane, message)
            );
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Deserializing depends on nothing but the message, so any failure here is the message's fault.
            (byte[] key, byte[] bytes) = Unread(lane, message);
            Unreadable.Add(new(lane, message->Offset, key, bytes, e.Message));
        }
    }

    /// <summary>Key and bytes of a message that cannot be read, as they first came: a dead letter that is resent is kept as what it was, not as what brought it.</summary>
    private static (byte[] Key, byte[] Bytes) Unread(int lane, NativeMessage* message)
    {
        if (lane >= TopicEndpointDefinition.FirstResendLane)
        {
            try
            {
                if (ResentDeadLetter.Read(Value(message)) is { Key: { } key, Original: { } original })
                {
                    return (key, original);
                }
            }
            catch (FormatException)
            {
                // No letter of ours: somebody else sent it.
            }
        }

        return (Key(message).ToArray(), Value(message).ToArray());
    }

    /// <summary>At a partition's end the next offset is the log's end, even where the last records are a transaction's markers, which are no messages.</summary>
    private void AddFault(int lane, NativeMessage* message)
    {
        if ((ErrorCode)message->Error == ErrorCode.Local_PartitionEOF)
        {
            _next[lane] = message->Offset;
            return;
        }

        Faults.Add(ConsumerFault.Of(lane, message));
    }

    private TopicMessage<T> Read(int lane, NativeMessage* message)
    {
        ReadOnlySpan<byte> value = Value(message);
        T read = format.Read(value);
        NativeHeaders headers = new(message);
        Traces.Add(headers);
        MessageOrigin origin = _origins?.Origin(read) ?? headers.Origin(services.Seal) ?? OwnOrigin(lane, message);
        return new(
            lane,
            message->Offset,
            format.KeepsKey ? Key(message).ToArray() : [],
            read,
            origin,
            headers.Malformed()
        )
        {
            Native = (nint)message,
            Others = format.KeepsHeaders ? NativeHeaders.Others(message) : null,
        };
    }

    private TopicMessage<T> ReadResent(int lane, NativeMessage* message)
    {
        ResentDeadLetter letter = ResentDeadLetter.Read(Value(message));
        return new(lane, message->Offset, letter.Key, format.Read(letter.Original), letter.Origin(endpoint.Name), null)
        {
            Original = letter.Original,
        };
    }

    private MessageOrigin OwnOrigin(int lane, NativeMessage* message)
    {
        string log = services.Cluster.Log(endpoint.Topic);
        if (!_ownSources.TryGetValue((log, lane), out string? source))
        {
            source = $"kafka:{log}/{endpoint.Carries}/{message->Partition}";
            _ownSources[(log, lane)] = source;
        }

        return new MessageOrigin(source, message->Offset, ReceivedAt(message));
    }

    /// <summary>When the log appended the message, if the broker set the timestamp. A producer's timestamp is not trusted: then it is now.</summary>
    private DateTime ReceivedAt(NativeMessage* message)
    {
        long milliseconds = RdKafka.Timestamp(message, out int type);
        return
            type == RdKafka.LogAppendTime
            && milliseconds >= 0
            && milliseconds <= (_now - DateTime.UnixEpoch).TotalMilliseconds
            ? DateTime.UnixEpoch.AddMilliseconds(milliseconds)
            : _now;
    }

    private static ReadOnlySpan<byte> Key(NativeMessage* message) => new(message->Key, (int)message->KeyLength);

    private static ReadOnlySpan<byte> Value(NativeMessage* message) => new(message->Value, (int)message->ValueLength);
}

/// <summary>A message that is not what its topic carries.</summary>
internal readonly record struct UnreadableMessage(int Lane, long Offset, byte[] Key, byte[] Bytes, string Reason);
