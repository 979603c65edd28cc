using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>The lanes that a member reads now, and its place in them. Used by the member's thread.</summary>
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

    /// <summary>Ends the asking for where to begin.</summary>
    public CancellationToken Stopping { get; set; }

    public IReadOnlySet<int> Assigned => _assigned;

    /// <summary>Whether the group has given this member partitions since this was asked last; none are some too.</summary>
    public bool HasJoined()
    {
        bool joined = _joined;
        _joined = false;
        return joined;
    }

    public GivenUpMessages GivenUp { get; } = new();

    /// <summary>Whether the topic has been made again since its partitions came here.</summary>
    public bool IsOfAnotherLog =>
        _log is not null && _assigned.Count > 0 && _log != services.Cluster.Log(definition.Topic);

    /// <summary>A callback's exception would be lost in the library: the member's thread throws it.</summary>
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
        List<TopicPartitionOffset> offsets = definition.Broadcast
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
    public void BeginAnew(IConsumer<byte[], byte[]> consumer)
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

    /// <summary>Says where this member began: a sink's own offset may be ahead of what its group has committed, and other hosts see only that.</summary>
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

    /// <summary>The messages below these offsets are done with.</summary>
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

    /// <summary>Goes to another offset of a partition, and has the sink go there with it.</summary>
    public async Task MoveAsync(
        IConsumer<byte[], byte[]> consumer,
        OffsetMove move,
        CancellationToken cancellationToken
    )
    {
        // First what can be done again, then, once, what says that it is done.
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

    /// <summary>Reads on from where the sink stands, after another host has moved it.</summary>
    public async Task RestartAsync(IConsumer<byte[], byte[]> consumer, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<int, long> offsets = sink is null
            ? new Dictionary<int, long>()
            : await sink.AssignAsync(services.Cluster.Log(definition.Topic), _assigned, cancellationToken);
        // The sink does not know a lane of which it has taken nothing yet: that one goes back to where it was.
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

    /// <summary>The log does not have the record that comes next: reads on from the first that it has, and says how many are gone.</summary>
    /// <remarks>Of a log that ends before that record, all is new.</remarks>
    public async Task MeetLogAsync(IConsumer<byte[], byte[]> consumer, int lane, CancellationToken cancellationToken)
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
            if (await services.Cluster.LookAsync(definition.Topic, cancellationToken) == _log)
            {
                await services.Cluster.BeginAnewAsync(definition.Topic, cancellationToken);
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

    /// <summary>Has the library ask for the lanes' next records again, so that it says how they are.</summary>
    public void AskAgain(IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<int> lanes)
    {
        foreach (int lane in lanes.Where(_assigned.Contains))
        {
            ReadFrom(consumer, new TopicPartitionOffset(Place(lane), services.Progress.Next(definition, lane)));
        }
    }

    /// <summary>The library seeks only in a partition that it reads; one whose next record the log does not have, it does not read.</summary>
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
