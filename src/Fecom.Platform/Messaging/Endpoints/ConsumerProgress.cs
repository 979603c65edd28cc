using System.Collections.Concurrent;

namespace Fecom.Platform.Messaging;

/// <summary>The next offset of each endpoint in its topic, in this process and on other hosts, with a signal when one has advanced.</summary>
internal sealed class ConsumerProgress(IEnumerable<TopicEndpointDefinition> endpoints)
{
    private readonly ILookup<string, TopicEndpointDefinition> _byTopic = endpoints
        .SelectMany(endpoint => endpoint.ReadTopics, (endpoint, topic) => (Endpoint: endpoint, Topic: topic))
        .ToLookup(reading => reading.Topic, reading => reading.Endpoint, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Endpoint, int Lane), long> _next = new();
    private readonly ConcurrentDictionary<(string Endpoint, int Lane), bool> _here = new();

    /// <summary>One an endpoint: who waits for one that moves twice a second is not woken by another that moves with each batch.</summary>
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _moved = new(StringComparer.Ordinal);

    /// <summary>How many wait for each endpoint.</summary>
    private readonly ConcurrentDictionary<string, int> _awaited = new(StringComparer.Ordinal);
    private TaskCompletionSource _asked = NewSignal();

    /// <summary>The endpoints that read a topic.</summary>
    public IEnumerable<TopicEndpointDefinition> Readers(string topic) => _byTopic[topic];

    /// <summary>Called with the topic and the partition after each move; set once, before the endpoints start.</summary>
    public Action<string, int>? Moved { get; set; }

    /// <summary>Completes when somebody begins to wait for an endpoint. Take it before <see cref="IsAwaited"/>.</summary>
    public Task NextAsked => Volatile.Read(ref _asked).Task;

    /// <summary>Whether somebody waits for the endpoint to move, here or on other hosts.</summary>
    public bool IsAwaited(TopicEndpointDefinition endpoint) => _awaited.GetValueOrDefault(endpoint.Name) > 0;

    /// <summary>Whether this process reads the lane for the endpoint.</summary>
    public bool IsHere(TopicEndpointDefinition endpoint, int lane) => _here.ContainsKey((endpoint.Name, lane));

    /// <summary>Offset of the next message that the endpoint will take; 0 when it has taken none.</summary>
    public long Next(TopicEndpointDefinition endpoint, int lane) => _next.GetValueOrDefault((endpoint.Name, lane));

    /// <summary>The smallest next offset among a topic's readers; <see cref="long.MaxValue"/> when nobody reads it.</summary>
    public long Slowest(string topic, int partition)
    {
        long slowest = long.MaxValue;
        foreach (TopicEndpointDefinition reader in _byTopic[topic])
        {
            slowest = Math.Min(slowest, Next(reader, reader.Lane(topic, partition)));
        }

        return slowest;
    }

    /// <summary>Completes when the endpoint has taken all messages of the topic below the offsets, one a partition.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="topic">A topic that it reads.</param>
    /// <param name="offsets">Of each partition the offset behind the last message.</param>
    /// <param name="requireLog">Called before each wait; throws when the offsets are those of a log that is gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReachAsync(
        TopicEndpointDefinition endpoint,
        string topic,
        IReadOnlyList<long> offsets,
        Action requireLog,
        CancellationToken cancellationToken
    )
    {
        if (HasReached(endpoint, topic, offsets))
        {
            return;
        }

        _awaited.AddOrUpdate(endpoint.Name, 1, static (_, waiting) => waiting + 1);
        Interlocked.Exchange(ref _asked, NewSignal()).SetResult();
        try
        {
            Task move = NextMove(endpoint);
            requireLog();
            while (!HasReached(endpoint, topic, offsets))
            {
                await move.WaitAsync(cancellationToken);
                move = NextMove(endpoint);
                requireLog();
            }
        }
        finally
        {
            _awaited.AddOrUpdate(endpoint.Name, 0, static (_, waiting) => waiting - 1);
        }
    }

    /// <summary>The endpoint reads the lane in this process from now on, beginning at <paramref name="next"/>.</summary>
    public void Begin(TopicEndpointDefinition endpoint, int lane, long next)
    {
        _here[(endpoint.Name, lane)] = true;
        Move(endpoint, lane, next);
    }

    /// <summary>The endpoint of this process has processed all messages below <paramref name="next"/>; ignored when the lane has moved to another host.</summary>
    public void Report(TopicEndpointDefinition endpoint, int lane, long next)
    {
        if (IsHere(endpoint, lane))
        {
            Move(endpoint, lane, next);
        }
    }

    /// <summary>This process no longer reads the lane.</summary>
    public void End(TopicEndpointDefinition endpoint, int lane) => _here.TryRemove((endpoint.Name, lane), out _);

    /// <summary>The next offset on another host; ignored for a lane that this process reads.</summary>
    public void ReportElsewhere(TopicEndpointDefinition endpoint, int lane, long next)
    {
        if (!IsHere(endpoint, lane) && Next(endpoint, lane) != next)
        {
            Move(endpoint, lane, next);
        }
    }

    private bool HasReached(TopicEndpointDefinition endpoint, string topic, IReadOnlyList<long> offsets)
    {
        for (int partition = 0; partition < offsets.Count; partition++)
        {
            if (Next(endpoint, endpoint.Lane(topic, partition)) < offsets[partition])
            {
                return false;
            }
        }

        return true;
    }

    private void Move(TopicEndpointDefinition endpoint, int lane, long next)
    {
        _next[(endpoint.Name, lane)] = next;
        (string topic, int partition) = endpoint.Place(lane);
        Moved?.Invoke(topic, partition);
        if (_moved.TryRemove(endpoint.Name, out TaskCompletionSource? moved))
        {
            moved.SetResult();
        }
    }

    /// <summary>Completes when the endpoint moves. Take it before the look at where it is.</summary>
    private Task NextMove(TopicEndpointDefinition endpoint) =>
        _moved.GetOrAdd(endpoint.Name, static _ => NewSignal()).Task;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
