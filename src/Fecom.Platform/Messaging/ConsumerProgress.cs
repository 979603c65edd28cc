using System.Collections.Concurrent;

namespace Fecom.Platform.Messaging;

/// <summary>How far each endpoint has come on its topic, in this process and in the other hosts', and a signal when one has moved.</summary>
internal sealed class ConsumerProgress(IEnumerable<TopicEndpointDefinition> endpoints)
{
    private readonly ILookup<string, TopicEndpointDefinition> _byTopic = endpoints.ToLookup(e => e.Topic, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Endpoint, int Partition), long> _next = new();
    private readonly ConcurrentDictionary<(string Endpoint, int Partition), bool> _here = new();
    private TaskCompletionSource _moved = NewSignal();
    private int _waiting;

    /// <summary>The endpoints that read a topic.</summary>
    public IEnumerable<TopicEndpointDefinition> Readers(string topic) => _byTopic[topic];

    /// <summary>Called with the topic and the partition after each move; set once, before the endpoints start.</summary>
    public Action<string, int>? Moved { get; set; }

    /// <summary>Whether somebody waits for endpoints to move, those of other hosts among them.</summary>
    public bool IsAwaited => Volatile.Read(ref _waiting) > 0;

    /// <summary>Whether this process reads the partition for the endpoint.</summary>
    public bool IsHere(TopicEndpointDefinition endpoint, int partition) => _here.ContainsKey((endpoint.Name, partition));

    /// <summary>Offset of the next message that the endpoint will take; 0 when it has taken none.</summary>
    public long Next(TopicEndpointDefinition endpoint, int partition) => _next.GetValueOrDefault((endpoint.Name, partition));

    /// <summary>The smallest next offset among a topic's readers; <see cref="long.MaxValue"/> when nobody reads it.</summary>
    public long Slowest(string topic, int partition)
    {
        long slowest = long.MaxValue;
        foreach (TopicEndpointDefinition reader in _byTopic[topic])
        {
            slowest = Math.Min(slowest, Next(reader, partition));
        }

        return slowest;
    }

    /// <summary>Completes when the endpoint has taken all messages below the offsets, one a partition.</summary>
    public async Task ReachAsync(TopicEndpointDefinition endpoint, IReadOnlyList<long> offsets, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            Task move = Volatile.Read(ref _moved).Task;
            while (!HasReached(endpoint, offsets))
            {
                await move.WaitAsync(cancellationToken);
                move = Volatile.Read(ref _moved).Task;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>The endpoint reads the partition in this process from now on, beginning at <paramref name="next"/>.</summary>
    public void Begin(TopicEndpointDefinition endpoint, int partition, long next)
    {
        _here[(endpoint.Name, partition)] = true;
        Move(endpoint, partition, next);
    }

    /// <summary>The endpoint of this process is done with all messages below <paramref name="next"/>; ignored when the partition has gone to another host.</summary>
    public void Report(TopicEndpointDefinition endpoint, int partition, long next)
    {
        if (IsHere(endpoint, partition))
        {
            Move(endpoint, partition, next);
        }
    }

    /// <summary>The partition goes to another host.</summary>
    public void End(TopicEndpointDefinition endpoint, int partition) => _here.TryRemove((endpoint.Name, partition), out _);

    /// <summary>What another host has said; ignored for a partition that this process reads.</summary>
    public void ReportElsewhere(TopicEndpointDefinition endpoint, int partition, long next)
    {
        if (!IsHere(endpoint, partition) && Next(endpoint, partition) != next)
        {
            Move(endpoint, partition, next);
        }
    }

    private bool HasReached(TopicEndpointDefinition endpoint, IReadOnlyList<long> offsets)
    {
        for (int partition = 0; partition < offsets.Count; partition++)
        {
            if (Next(endpoint, partition) < offsets[partition])
            {
                return false;
            }
        }

        return true;
    }

    private void Move(TopicEndpointDefinition endpoint, int partition, long next)
    {
        _next[(endpoint.Name, partition)] = next;
        Moved?.Invoke(endpoint.Topic, partition);
        Interlocked.Exchange(ref _moved, NewSignal()).SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
