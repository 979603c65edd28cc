using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Fecom.Platform.Messaging;

/// <summary>Tells the readers of this process that it has appended something to their topics, on an embedded cluster.</summary>
internal sealed class TopicArrivals
{
    private readonly ConcurrentDictionary<string, ImmutableArray<Action>> _readers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Topic, int Partition), long> _ends = new();

    /// <param name="topics">Topics that are read.</param>
    /// <param name="arrived">Called on the sender's thread; takes next to no time.</param>
    /// <returns>Ends it.</returns>
    public IDisposable Follow(IEnumerable<string> topics, Action arrived)
    {
        string[] followed = [.. topics];
        foreach (string topic in followed)
        {
            _readers.AddOrUpdate(topic, [arrived], (_, before) => before.Add(arrived));
        }

        return new Following(() =>
        {
            foreach (string topic in followed)
            {
                _readers.AddOrUpdate(topic, [], (_, before) => before.Remove(arrived));
            }
        });
    }

    /// <summary>The offset after the last message that this process has appended to a partition; 0 when it has appended none.</summary>
    public long End(string topic, int partition) => _ends.GetValueOrDefault((topic, partition));

    /// <summary>A batch is in the topic's log, which ends at <paramref name="end"/>.</summary>
    public void Arrived(string topic, int partition, long end) => _ends[(topic, partition)] = end;

    /// <summary>Wakes the topic's readers: what was sent at once is there, or its sender waits for them.</summary>
    public void Tell(string topic)
    {
        if (_readers.TryGetValue(topic, out ImmutableArray<Action> readers))
        {
            foreach (Action reader in readers)
            {
                reader();
            }
        }
    }

    private sealed class Following(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
