using System.Collections.Concurrent;

namespace Fecom.Platform.Messaging;

/// <summary>The state and the counters of an endpoint on this host, for health, metrics and <c>GET /api/v1/pipeline</c>.</summary>
internal sealed class EndpointStatus(TopicEndpointDefinition definition, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, long> _ends = new();
    private readonly RecentRate _rate = new(time);
    private volatile string? _outage;
    private volatile string? _fault;
    private long _messages;
    private long _batches;
    private long _retries;
    private long _deadLetters;
    private long _missed;
    private long _newest;

    public TopicEndpointDefinition Definition => definition;

    /// <summary>Why the endpoint waits; null while it runs.</summary>
    public string? Waits => _outage ?? _fault;

    /// <summary>The fault of its Kafka consumer; null when there is none.</summary>
    public string? Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>Why its batch is retried; null while none is.</summary>
    public string? Outage
    {
        get => _outage;
        set => _outage = value;
    }

    /// <summary>Whether its reader has stopped asking, since nothing comes: see <see cref="ReaderRest"/>.</summary>
    public bool Rests { get; set; }

    /// <summary>Messages taken since this host's start.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Batches taken since this host's start.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Batches tried again since this host's start.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Messages that became dead letters since this host's start.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>Records that were removed from the log before they were read, since this host's start.</summary>
    public long RecordsMissed => Interlocked.Read(ref _missed);

    /// <summary>Messages a second over the last ten seconds.</summary>
    public double MessagesPerSecond => _rate.PerSecond();

    /// <summary>The log end offset of each partition that is read here, as of its last fetch.</summary>
    public IReadOnlyDictionary<int, long> Ends => _ends;

    /// <summary>How long ago the message was received that was taken last; zero before the first one.</summary>
    public TimeSpan Delay =>
        Interlocked.Read(ref _newest) is var newest and > 0
            ? TimeSpan.FromTicks(Math.Max(0, time.GetUtcNow().UtcTicks - newest))
            : TimeSpan.Zero;

    /// <param name="messages">How many were taken.</param>
    /// <param name="receivedAt">When the last of them was received; null when there is none.</param>
    public void Took(int messages, DateTime? receivedAt)
    {
        if (receivedAt is { } received)
        {
            Interlocked.Exchange(ref _newest, received.Ticks);
        }

        Interlocked.Add(ref _messages, messages);
        Interlocked.Increment(ref _batches);
        _rate.Add(messages);
    }

    public void Retried() => Interlocked.Increment(ref _retries);

    public void Missed(long records) => Interlocked.Add(ref _missed, records);

    public void GaveUp() => Interlocked.Increment(ref _deadLetters);

    public void SawEnd(int partition, long end) => _ends[partition] = end;

    public void Left(int partition) => _ends.TryRemove(partition, out _);
}

/// <summary>The statuses of the process's endpoints.</summary>
internal sealed class EndpointStatuses(IEnumerable<TopicEndpointDefinition> endpoints, TimeProvider time)
{
    private readonly Dictionary<string, EndpointStatus> _byName = endpoints.ToDictionary(
        endpoint => endpoint.Name,
        endpoint => new EndpointStatus(endpoint, time),
        StringComparer.Ordinal
    );

    public IReadOnlyCollection<EndpointStatus> All => _byName.Values;

    public EndpointStatus Of(TopicEndpointDefinition endpoint) => _byName[endpoint.Name];

    public EndpointStatus? Find(string name) => _byName.GetValueOrDefault(name);
}
