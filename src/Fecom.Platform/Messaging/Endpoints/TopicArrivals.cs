using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Fecom.Platform.Messaging;

/// <summary>Tells the readers of this process that it has appended something to their topics, on an embedded cluster.</summary>
internal sealed class TopicArrivals
{
    private readonly ConcurrentDictionary<string, ImmutableArray<Action>> _readers = new(StringComparer.Ordinal);

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

    /// <summary>A batch is in the topic's log.</summary>
    public void Arrived(string topic)
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
