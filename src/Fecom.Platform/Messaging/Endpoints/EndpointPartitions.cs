using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>The lanes that are assigned to a group member, and its offsets in them. Used by the member's thread only.</summary>
internal sealed partial class EndpointPartitions(
    TopicEndpointDefinition definition,
    ISinkOffsets? sink,
    EndpointServices services,
    ILogger logger
)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HashSet<int> _assigned = [];
    private readonly List<TopicPartitionOffset> _uncommitted = [];
    private string? _log;
    private bool _joined;
    private Exception? _failure;

    /// <summary>Cancels reading the offsets to start from.</summary>
    public CancellationToken Stopping { get; set; }

    public IReadOnlySet<int> Assigned => _assigned;

    /// <summary>The partitions of <see cref="Assigned"/>.</summary>
    public IEnumerable<TopicPartition> Places => _assigned.Select(Place);

    /// <summary>Whether the group has assigned partitions (perhaps none) to this member since the last call.</summary>
    public bool HasJoined()
    {
        bool joined = _joined;
        _joined = false;
        return joined;
    }

    public GivenUpMessages GivenUp { get; } = new();

    /// <summary>Whether the topic has been recreated since its partitions were assigned.</summary>
    public bool IsOfAnotherLog =>
        _log is not null && _assigned.Count > 0 && _log != services.Cluster.Log(definition.Topic);

    /// <summary>Rethrows an exception of a rebalance callback, which the library would swallow.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    public IEnumerable<TopicPartitionOffset> Assign(IConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions)
    {
        try
        {
            return Begin(consumer, partitions);
        }
        catch (Exception e)
        {
            _failure = e;
            throw;
        }
    }

    private List<TopicPartitionOffset> Begin(IConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions)
    {
        List<TopicPartitionOffset> offsets =
            partitions.Count == 0 ? []
            : definition.Broadcast
                ?
                [
                    .. partitions.Select(partition => new TopicPartitionOffset(
                        partition,
                        consumer.QueryWatermarkOffsets(partition, Timeout).High
                    )),
                ]
            : new StartOffsets(definition, services, sink, GivenUp).Resolve(
                consumer,
                partitions,
                LogNoOffsets,
                Stopping
            );
        _log ??= services.Cluster.Log(definition.Topic);
        _joined = true;
        foreach (TopicPartitionOffset offset in offsets)
        {
            int lane = definition.Lane(offset.Topic, offset.Partition);
            _assigned.Add(lane);
            services.Progress.Begin(definition, lane, offset.Offset);
        }

        if (!definition.Broadcast && offsets.Count > 0)
        {
            _uncommitted.AddRange(offsets);
            LogAssigned(
                string.Join(", ", partitions.Select(partition => $"{partition.Topic}/{partition.Partition.Value}"))
            );
        }

        return offsets;
    }

    /// <summary>Reads the topic from the beginning of the log that it has now.</summary>
    public void ReadFromBeginning(IConsumer<byte[], byte[]> consumer)
    {
        List<TopicPartition> partitions =
        [
            .. consumer.Assignment.Where(partition => partition.Topic == definition.Topic),
        ];
        foreach (TopicPartition partition in partitions)
        {
            GivenUp.Forget(definition.Lane(partition.Topic, partition.Partition));
        }

        foreach (
            TopicPartitionOffset offset in new StartOffsets(definition, services, sink, GivenUp, anew: true).Resolve(
                consumer,
                partitions,
                LogNoOffsets,
                Stopping
            )
        )
        {
            ReadFrom(consumer, offset);
            services.Progress.Begin(definition, definition.Lane(offset.Topic, offset.Partition), offset.Offset);
            _uncommitted.Add(offset);
        }

        _log = services.Cluster.Log(definition.Topic);
    }

    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        int[] lanes = [.. partitions.Select(partition => definition.Lane(partition.Topic, partition.Partition))];
        _assigned.ExceptWith(lanes);
        sink?.Revoke(lanes);
        foreach (int lane in lanes)
        {
            GivenUp.Forget(lane);
            services.Progress.End(definition, lane);
            services.Status.Left(lane);
        }
    }

    /// <summary>Commits the offsets that this member started from: a sink's own offset may be ahead of the committed one, which is all that other hosts see.</summary>
    public void CommitStart(IConsumer<byte[], byte[]> consumer)
    {
        foreach (
            TopicPartitionOffset offset in _uncommitted.Where(offset =>
                _assigned.Contains(definition.Lane(offset.Topic, offset.Partition))
            )
        )
        {
            consumer.StoreOffset(offset);
        }

        _uncommitted.Clear();
    }

    /// <summary>Records that the messages below these offsets are processed.</summary>
    public void Advance(IConsumer<byte[], byte[]> consumer, IReadOnlyDictionary<int, long> nextOffsets)
    {
        foreach ((int lane, long next) in nextOffsets)
        {
            if (!_assigned.Contains(lane))
            {
                continue;
            }

            TopicPartition place = Place(lane);
            if (!definition.Broadcast)
            {
                consumer.StoreOffset(new TopicPartitionOffset(place, next));
            }

            GivenUp.Forget(lane, next);
            services.Metrics.Consumed(definition, lane, next - services.Progress.Next(definition, lane));
            services.Status.SawEnd(lane, Math.Max(next, consumer.GetWatermarkOffsets(place).High));
            services.Progress.Report(definition, lane, next);
        }
    }

    /// <summary>Moves a partition, and the sink with it, to another offset.</summary>
    public async Task MoveAsync(
        IConsumer<byte[], byte[]> consumer,
        OffsetMove move,
        CancellationToken cancellationToken
    )
    {
        // The repeatable steps first; last the one that records the move as made.
        TopicPartitionOffset place = new(Place(move.Partition), move.ToOffset);
        ReadFrom(consumer, place);
        consumer.StoreOffset(place);
        if (sink is null)
        {
            await services.MoveTable.ApplyAsync(
                move,
                services.Progress.Next(definition, move.Partition),
                cancellationToken
            );
        }
        else
        {
            await sink.MoveAsync(new SinkMove(move.Id, move.Partition, move.ToOffset), cancellationToken);
        }

        await GivenUp.LoadAsync(services, definition, [place], cancellationToken);
        services.Progress.Begin(definition, move.Partition, move.ToOffset);
    }

    /// <summary>Continues from the sink's offset, after another host has moved it.</summary>
    public async Task RestartAsync(IConsumer<byte[], byte[]> consumer, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<int, long> offsets = sink is null
            ? new Dictionary<int, long>()
            : await sink.AssignAsync(services.Cluster.Log(definition.Topic), _assigned, cancellationToken);
        // The sink has no offset of a lane from which it has taken nothing yet: that one continues where it was.
        Dictionary<int, long> next = _assigned.ToDictionary(
            lane => lane,
            lane => offsets.TryGetValue(lane, out long own) ? own : services.Progress.Next(definition, lane)
        );
        await GivenUp.LoadAsync(
            services,
            definition,
            [.. next.Select(to => new TopicPartitionOffset(Place(to.Key), to.Value))],
            cancellationToken
        );
        foreach ((int lane, long offset) in next)
        {
            ReadFrom(consumer, new TopicPartitionOffset(Place(lane), offset));
            services.Progress.Begin(definition, lane, offset);
        }
    }

    /// <summary>The log no longer has the next record: continues with the oldest that it has, and reports how many were lost.</summary>
    /// <remarks>A log that ends before that record is a new one, which is read from its beginning.</remarks>
    public async Task SkipLostAsync(IConsumer<byte[], byte[]> consumer, int lane, CancellationToken cancellationToken)
    {
        if (!_assigned.Contains(lane))
        {
            return;
        }

        TopicPartition place = Place(lane);
        WatermarkOffsets ends = consumer.QueryWatermarkOffsets(place, Timeout);
        long next = services.Progress.Next(definition, lane);
        if (next > ends.High && lane < TopicEndpointDefinition.FirstResendLane && !services.Cluster.IsEmbedded)
        {
            if (await services.Cluster.RefreshLogAsync(definition.Topic, cancellationToken) == _log)
            {
                await services.Cluster.BeginLogAsync(definition.Topic, cancellationToken);
            }

            return;
        }

        long from = next < ends.Low || next > ends.High ? ends.Low : next;
        ReadFrom(consumer, new TopicPartitionOffset(place, from));
        if (from > next)
        {
            services.Status.Missed(from - next);
            services.Metrics.Missed(definition, lane, from - next);
            LogMissed(from - next, place.Topic, place.Partition, next, from - 1);
        }

        GivenUp.Forget(lane, from);
        services.Progress.Begin(definition, lane, from);
        _uncommitted.Add(new TopicPartitionOffset(place, from));
    }

    /// <summary>Has the library fetch the lanes' next records again, so that it reports their state.</summary>
    public void Refetch(IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<int> lanes)
    {
        foreach (int lane in lanes.Where(_assigned.Contains))
        {
            ReadFrom(consumer, new TopicPartitionOffset(Place(lane), services.Progress.Next(definition, lane)));
        }
    }

    /// <summary>The library cannot seek in a partition that it has stopped fetching, as it does when the log lacks the next record: that one is assigned again.</summary>
    private static void ReadFrom(IConsumer<byte[], byte[]> consumer, TopicPartitionOffset place)
    {
        try
        {
            consumer.Seek(place);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            consumer.IncrementalUnassign([place.TopicPartition]);
            consumer.IncrementalAssign([place]);
        }
    }

    private TopicPartition Place(int lane)
    {
        (string topic, int partition) = definition.Place(lane);
        return new TopicPartition(topic, partition);
    }

    [LoggerMessage(LogLevel.Information, "Reads {Partitions}")]
    private partial void LogAssigned(string partitions);

    [LoggerMessage(
        LogLevel.Warning,
        "{Records} records were gone before they were read: {Topic}/{Partition}, offsets {First} to {Last}. Its retention removed them, or somebody did; what sent them may have them still"
    )]
    private partial void LogMissed(long records, string topic, int partition, long first, long last);

    [LoggerMessage(LogLevel.Warning, "Cannot read where to start; trying again: {Reason}")]
    private partial void LogNoOffsets(string reason);
}
