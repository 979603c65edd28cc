using System.Diagnostics;
using Confluent.Kafka;
using Fecom.Platform.Retries;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>An endpoint of <typeparamref name="TConsumer"/> within a reader.</summary>
internal sealed unsafe partial class ReaderMember<T, TConsumer>(
    TopicEndpointDefinition definition,
    ITopicFormat<T> format,
    ISinkOffsets? sinkOffsets,
    EndpointServices services
) : IReaderMember
    where T : class
    where TConsumer : class, IConsumer<TopicBatch<T>>
{
    private readonly ILogger _logger = services.Loggers.CreateLogger($"Fecom.Endpoint.{definition.Name}");
    private readonly ConsumerFaults _faults = new(services.Time);
    private readonly BatchCollector<T> _collector = new(definition, format, services);
    private IConsumer<byte[], byte[]> _consumer = null!;
    private EndpointRetry _retry = null!;
    private BatchDispatcher<T, TConsumer> _dispatcher = null!;
    private CancellationToken _stopping;
    private CancellationToken _abort;
    private FinishingBatch? _finishing;

    public TopicEndpointDefinition Definition => definition;

    public EndpointPartitions Partitions { get; } =
        new(definition, sinkOffsets, services, services.Loggers.CreateLogger($"Fecom.Endpoint.{definition.Name}"));

    public bool IsFinishing => _finishing is not null;

    public bool HasMove => services.Moves.Next(definition, Partitions.Assigned) is not null;

    public void Join(
        IConsumer<byte[], byte[]> consumer,
        EndpointRetry retry,
        CancellationToken stopping,
        CancellationToken abort
    )
    {
        (_consumer, _retry, _stopping, _abort) = (consumer, retry, stopping, abort);
        Partitions.Stopping = stopping;
        _dispatcher = new(services, definition, Partitions.GivenUp, _logger);
    }

    public void Dispose() => _dispatcher?.Dispose();

    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        Partitions.Revoke(partitions);
        foreach (TopicPartitionOffset partition in partitions)
        {
            // Should it come back, it starts where its new reader has left it.
            _finishing?.NextOffsets.Remove(definition.Lane(partition.Topic, partition.Partition));
        }
    }

    public void Prepare()
    {
        if (Partitions.IsOfAnotherLog || HasMove)
        {
            Finish();
        }

        if (Partitions.IsOfAnotherLog && !definition.Broadcast)
        {
            Partitions.ReadFromBeginning(_consumer);
        }

        while (services.Moves.Next(definition, Partitions.Assigned) is { } move)
        {
            try
            {
                // When the lane is reassigned while a server is unavailable, the other member applies the move.
                _retry.Run(() => IsHere(move) ? Partitions.MoveAsync(_consumer, move, _stopping) : Task.CompletedTask);
            }
            catch (Exception e) when (SinkFencedException.Caused(e))
            {
                Restart(e);
                return;
            }

            if (IsHere(move))
            {
                services.Moves.Made(move);
                LogMoved(move.Partition, move.ToOffset);
            }
        }
    }

    public void Begin() => _collector.Begin();

    public void Add(int lane, NativeMessage* message) => _collector.Add(lane, message);

    public void Add(ConsumerFault fault) => _collector.Faults.Add(fault);

    public void End()
    {
        Partitions.ThrowIfFailed();
        Partitions.CommitStart(_consumer);
        if (Partitions.HasJoined())
        {
            _faults.Join();
        }

        _faults.Clear(_collector.NextOffsets.Keys);
        foreach (ConsumerFault fault in _collector.Faults.Where(fault => !fault.IsOutOfRange))
        {
            _faults.Add(fault);
            LogConsume(fault.Reason);
        }

        services.Status.Fault = _faults.Reason is { } reason ? $"Kafka: {reason}" : null;
    }

    public void Process()
    {
        if (_collector.Messages.Count + _collector.Unreadable.Count == 0)
        {
            Finish();
            Partitions.Advance(_consumer, _collector.NextOffsets);
            return;
        }

        long start = services.Time.GetTimestamp();
        using Activity? activity = _collector.Traces.Start(definition, _collector.Messages.Count);
        foreach (UnreadableMessage message in _collector.Unreadable)
        {
            _retry.Run(() => _dispatcher.BuryAsync(message, _abort));
        }

        try
        {
            _retry.Run(() =>
            {
                // Lanes that were reassigned meanwhile are the other member's work.
                _collector.Keep(Partitions.Assigned);
                return _collector.Messages.Count == 0
                    ? Task.CompletedTask
                    : _dispatcher.DispatchAsync(_collector.Messages, _abort);
            });
        }
        catch (Exception e) when (SinkFencedException.Caused(e))
        {
            Finish();
            _finishing = FinishingBatch.Of(_dispatcher.TakeUnfinished(), new Dictionary<int, long>());
            Finish();
            Restart(e);
            return;
        }

        Finish();
        services.Status.Took(
            _collector.Messages.Count,
            _collector.Messages.Count > 0 ? _collector.Messages[^1].Origin.ReceivedAt : null
        );
        services.Metrics.Took(definition, _collector.Messages.Count, services.Time.GetElapsedTime(start));
        _finishing = FinishingBatch.Of(_dispatcher.TakeUnfinished(), _collector.NextOffsets);
        if (_finishing is null)
        {
            Partitions.Advance(_consumer, _collector.NextOffsets);
        }
    }

    public void Finish()
    {
        if (_finishing is not { } batch)
        {
            return;
        }

        foreach (Func<CancellationToken, Task> finish in batch.Left)
        {
            _retry.Run(() => finish(_abort));
        }

        _finishing = null;
        Partitions.Advance(_consumer, batch.NextOffsets);
    }

    public void Recover()
    {
        foreach (
            ConsumerFault fault in _collector.Faults.Where(fault => fault is { IsOutOfRange: true, Lane: not null })
        )
        {
            _retry.Run(() => Partitions.SkipLostAsync(_consumer, fault.Lane!.Value, _stopping));
        }

        // An embedded cluster does not report a partition's end, so an idle lane would never be cleared.
        IReadOnlyCollection<int> silent = services.Cluster.IsEmbedded ? [] : _faults.ToRefetch(Partitions.Assigned);
        if (silent.Count > 0)
        {
            _retry.Run(() =>
            {
                Partitions.Refetch(_consumer, silent);
                return Task.CompletedTask;
            });
        }
    }

    private bool IsHere(OffsetMove move) => Partitions.Assigned.Contains(move.Partition);

    /// <summary>Another host has moved the sink: continues from its current offset.</summary>
    private void Restart(Exception cause)
    {
        LogFenced(cause.Message);
        _retry.Wait(RetrySchedule.Endpoint.First);
        _retry.Run(() => Partitions.RestartAsync(_consumer, _stopping));
    }

    /// <summary>A batch that its consumer has taken, and has not finished.</summary>
    /// <param name="Left">What is left to do.</param>
    /// <param name="NextOffsets">Next offset of each lane once that is done.</param>
    private sealed record FinishingBatch(
        IReadOnlyList<Func<CancellationToken, Task>> Left,
        Dictionary<int, long> NextOffsets
    )
    {
        /// <returns>Null when nothing is left to do.</returns>
        public static FinishingBatch? Of(
            IReadOnlyList<Func<CancellationToken, Task>> left,
            IReadOnlyDictionary<int, long> nextOffsets
        ) => left.Count == 0 ? null : new(left, new(nextOffsets));
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition} is read from offset {Offset} on, as somebody asked")]
    private partial void LogMoved(int partition, long offset);

    [LoggerMessage(LogLevel.Information, "{Reason}")]
    private partial void LogFenced(string reason);

    [LoggerMessage(LogLevel.Warning, "Kafka consumer: {Reason}")]
    private partial void LogConsume(string reason);
}
