using System.Collections.Concurrent;

namespace Fecom.Platform.Messaging;

/// <summary>How far each endpoint of this process has come on its topic, and a signal when one has moved.</summary>
internal sealed class ConsumerProgress(IEnumerable<TopicEndpointDefinition> endpoints)
{
    private readonly ILookup<string, TopicEndpointDefinition> _byTopic = endpoints.ToLookup(e => e.Topic, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Endpoint, int Partition), long> _next = new();
    private TaskCompletionSource _moved = NewSignal();

    /// <summary>The endpoints that read a topic.</summary>
    public IEnumerable<TopicEndpointDefinition> Readers(string topic) => _byTopic[topic];

    /// <summary>Called with the topic and the partition after each move; set once, before the endpoints start.</summary>
    public Action<string, int>? Moved { get; set; }

    /// <summary>Completes at the next move of any endpoint. Take it before looking at offsets.</summary>
    public Task NextMove => Volatile.Read(ref _moved).Task;

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

    /// <summary>The endpoint is done with all messages below <paramref name="next"/>.</summary>
    public void Report(TopicEndpointDefinition endpoint, int partition, long next)
    {
        _next[(endpoint.Name, partition)] = next;
        Moved?.Invoke(endpoint.Topic, partition);
        Interlocked.Exchange(ref _moved, NewSignal()).SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
