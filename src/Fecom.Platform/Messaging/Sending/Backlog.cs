using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Keeps an embedded cluster's partitions from overflowing: counts the bytes sent that some endpoint has yet to process,
/// and makes senders wait at the limit, of which each host has an equal share. On a real cluster, which keeps its log on disk, nobody waits.
/// </summary>
internal sealed class Backlog
{
    private readonly bool _enabled;
    private readonly KafkaCluster _cluster;
    private readonly int _limit;
    private readonly ConsumerProgress _progress;
    private readonly TopicArrivals _arrivals;
    private readonly ConcurrentDictionary<(string Topic, int Partition), PartitionBacklog> _partitions = new();
    private TaskCompletionSource _room = NewSignal();

    public Backlog(
        KafkaCluster cluster,
        ConsumerProgress progress,
        TopicArrivals arrivals,
        IOptions<KafkaOptions> options
    )
    {
        _arrivals = arrivals;
        _enabled = cluster.IsEmbedded;
        _cluster = cluster;
        _limit = options.Value.EmbeddedBacklogBytes;
        _progress = progress;
        progress.Moved = Release;
    }

    /// <summary>Completes when room has become free in any partition. Take it before <see cref="TryReserve"/>.</summary>
    public Task NextRoom => Volatile.Read(ref _room).Task;

    /// <summary>Reserves room for a message; false when the sender must wait for <see cref="NextRoom"/>.</summary>
    public bool TryReserve(string topic, int partition, int bytes) =>
        !_enabled || Of(topic, partition).TryReserve(bytes, _limit / _cluster.Hosts);

    /// <summary>A reserved message is in the log at <paramref name="offset"/>.</summary>
    public void Delivered(string topic, int partition, long offset, int bytes)
    {
        if (_enabled && Of(topic, partition).Delivered(offset, bytes))
        {
            SignalRoom();
        }
    }

    /// <summary>A batch is in the log. One of many small batches is cut up to where every reader has processed it.</summary>
    public void Appended(string topic, int partition, long first, int messages, long bytes)
    {
        if (_cluster.Embedded is not { } embedded)
        {
            return;
        }

        _arrivals.Arrived(topic, partition, first + messages);
        if (Of(topic, partition).Appended(first, messages, bytes) is { } cut)
        {
            embedded.Cut(topic, partition, cut);
        }
    }

    /// <summary>
    /// Has the topic's readers look. A call's messages come a partition at a time: readers that were told of each would take them in
    /// several batches, and a batch costs about the same with one message as with a hundred.
    /// </summary>
    public void Tell(string topic) => _arrivals.Tell(topic);

    /// <summary>A reserved message was not sent.</summary>
    public void Failed(string topic, int partition, int bytes)
    {
        if (_enabled)
        {
            Of(topic, partition).Failed(bytes);
            SignalRoom();
        }
    }

    private void Release(string topic, int partition)
    {
        if (_enabled)
        {
            Of(topic, partition).Release(_progress.Slowest(topic, partition));
            SignalRoom();
        }
    }

    private void SignalRoom() => Interlocked.Exchange(ref _room, NewSignal()).SetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PartitionBacklog Of(string topic, int partition) =>
        _partitions.GetOrAdd(
            (topic, partition),
            static (place, progress) => new PartitionBacklog(progress.Slowest(place.Topic, place.Partition)),
            _progress
        );

    /// <param name="taken">Offsets below it have been taken in by every reader; nobody waits for a topic without readers.</param>
    private sealed class PartitionBacklog(long taken)
    {
        private readonly Lock _gate = new();
        private readonly Queue<(long Offset, int Bytes)> _waiting = new();
        private readonly BatchTrail _trail = new();
        private long _bytes;
        private long _taken = taken;

        public bool TryReserve(int bytes, int limit)
        {
            lock (_gate)
            {
                // A message larger than the limit is sent when nothing else is outstanding.
                if (_bytes > 0 && _bytes + bytes > limit)
                {
                    return false;
                }

                _bytes += bytes;
                return true;
            }
        }

        /// <returns>Whether its room is free already: a reader may have been faster than the acknowledgement.</returns>
        public bool Delivered(long offset, int bytes)
        {
            lock (_gate)
            {
                if (offset < _taken)
                {
                    _bytes -= bytes;
                    return true;
                }

                _waiting.Enqueue((offset, bytes));
                return false;
            }
        }

        /// <returns>The offset before which the log can be cut; null when it stays.</returns>
        public long? Appended(long first, int messages, long bytes)
        {
            lock (_gate)
            {
                if (_taken == long.MaxValue)
                {
                    return null;
                }

                _trail.Add(first, messages, bytes);
                return _trail.Cut(_taken);
            }
        }

        public void Failed(int bytes)
        {
            lock (_gate)
            {
                _bytes -= bytes;
            }
        }

        public void Release(long upTo)
        {
            lock (_gate)
            {
                _taken = upTo;
                while (_waiting.TryPeek(out (long Offset, int Bytes) first) && first.Offset < upTo)
                {
                    _waiting.Dequeue();
                    _bytes -= first.Bytes;
                }
            }
        }
    }
}
