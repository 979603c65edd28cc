using System.Diagnostics;
using Confluent.Kafka;
using Fecom.Platform.Failures;
using Fecom.Platform.Retries;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>Runs an endpoint until it is cancelled.</summary>
internal interface ITopicEndpoint
{
    TopicEndpointDefinition Definition { get; }

    /// <param name="stopping">Takes no further batch; the running one is finished.</param>
    /// <param name="abort">Cancels the running batch too.</param>
    Task RunAsync(CancellationToken stopping, CancellationToken abort);
}

/// <summary>
/// A member of a consumer group: collects batches from its partitions, has them processed, then advances the offsets. It
/// reads no further while its consumer works, so a slow sink slows it and memory stays bounded.
/// </summary>
internal sealed partial class TopicEndpoint<T, TConsumer>(
    TopicEndpointDefinition definition,
    ITopicFormat<T> format,
    ISinkOffsets? sinkOffsets,
    EndpointServices services
) : ITopicEndpoint
    where T : class
    where TConsumer : class, IConsumer<TopicBatch<T>>
{
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(250);

    /// <summary>After the batch's own time to finish: see <see cref="TopicEndpoints"/>.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(3);

    private readonly ILogger _logger = services.Loggers.CreateLogger($"Fecom.Endpoint.{definition.Name}");
    private readonly ErrorThrottle _errors = new(services.Time);
    private readonly ConsumerFaults _faults = new(services.Time);
    private EndpointPartitions _partitions = Partitions(definition, sinkOffsets, services);

    public TopicEndpointDefinition Definition => definition;

    /// <summary>librdkafka's poll blocks, so the endpoint has a thread of its own.</summary>
    public Task RunAsync(CancellationToken stopping, CancellationToken abort) =>
        Task.Factory.StartNew(
            () => Run(stopping, abort),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    private void Run(CancellationToken stopping, CancellationToken abort)
    {
        services.Cluster.RequireOpen();
        // After a failure it starts with fresh state.
        _partitions = Partitions(definition, sinkOffsets, services);
        _partitions.Stopping = stopping;
        _faults.Join();
        Thread.CurrentThread.Name = definition.Name;
        using BatchDispatcher<T, TConsumer> dispatcher = new(services, definition, _partitions.GivenUp, _logger);
        using IConsumer<byte[], byte[]> consumer = Build();
        consumer.Subscribe(definition.ReadTopics);
        EndpointRetry retry = new(definition, services, consumer, _logger, stopping);
        using NativeBatch batch = new(consumer, definition.BatchSize);
        BatchCollector<T> collector = new(definition, format, batch, services);
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                if (_partitions.IsOfAnotherLog && !definition.Broadcast)
                {
                    _partitions.ReadFromBeginning(consumer);
                }

                Move(consumer, retry, stopping);
                if (Collect(collector, consumer))
                {
                    Process(collector, consumer, dispatcher, retry, stopping, abort);
                }

                Recover(collector, consumer, retry, stopping);
            }
        }
        catch (Exception e) when (stopping.IsCancellationRequested && (e is OperationCanceledException || Outage.Is(e)))
        {
            // Stopped, perhaps while a server is unavailable: the unfinished batch is read again by the next member.
            LogUnfinished(FailureText.Of(e));
        }
        finally
        {
            collector.Free();
            Leave(consumer);
        }
    }

    private static EndpointPartitions Partitions(
        TopicEndpointDefinition definition,
        ISinkOffsets? sinkOffsets,
        EndpointServices services
    ) => new(definition, sinkOffsets, services, services.Loggers.CreateLogger($"Fecom.Endpoint.{definition.Name}"));

    /// <summary>Leaves the group, so that its partitions are reassigned at once, also after a failure.</summary>
    private void Leave(IConsumer<byte[], byte[]> consumer)
    {
        if (!GroupExit.TryLeave(consumer, LeaveTime, services.Time))
        {
            LogNotLeft(LeaveTime.TotalSeconds);
        }
    }

    private bool Collect(BatchCollector<T> collector, IConsumer<byte[], byte[]> consumer)
    {
        bool any = collector.Collect(PollTime);
        _partitions.ThrowIfFailed();
        _partitions.CommitStart(consumer);
        if (_partitions.HasJoined())
        {
            _faults.Join();
        }

        _faults.Clear(collector.NextOffsets.Keys);
        foreach (ConsumerFault fault in collector.Faults.Where(fault => !fault.IsOutOfRange))
        {
            _faults.Add(fault);
            LogConsume(fault.Reason);
        }

        services.Status.Fault = _faults.Reason is { } reason ? $"Kafka: {reason}" : null;
        return any;
    }

    /// <summary>Continues where the log no longer has the next record, and fetches faulty lanes again, to learn whether the fault is over.</summary>
    private void Recover(
        BatchCollector<T> collector,
        IConsumer<byte[], byte[]> consumer,
        EndpointRetry retry,
        CancellationToken stopping
    )
    {
        foreach (
            ConsumerFault fault in collector.Faults.Where(fault => fault is { IsOutOfRange: true, Lane: not null })
        )
        {
            retry.Run(() => _partitions.SkipLostAsync(consumer, fault.Lane!.Value, stopping));
        }

        // An embedded cluster does not report a partition's end, so an idle lane would never be cleared.
        IReadOnlyCollection<int> silent = services.Cluster.IsEmbedded ? [] : _faults.ToRefetch(_partitions.Assigned);
        if (silent.Count > 0)
        {
            retry.Run(() =>
            {
                _partitions.Refetch(consumer, silent);
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Processes the collected batch, retrying for as long as a server is unavailable, and advances the offsets.</summary>
    private void Process(
        BatchCollector<T> collector,
        IConsumer<byte[], byte[]> consumer,
        BatchDispatcher<T, TConsumer> dispatcher,
        EndpointRetry retry,
        CancellationToken stopping,
        CancellationToken abort
    )
    {
        if (collector.Messages.Count + collector.Unreadable.Count == 0)
        {
            _partitions.Advance(consumer, collector.NextOffsets);
            return;
        }

        long start = services.Time.GetTimestamp();
        using Activity? activity = collector.Traces.Start(definition, collector.Messages.Count);
        foreach (UnreadableMessage message in collector.Unreadable)
        {
            retry.Run(() => dispatcher.BuryAsync(message, abort));
        }

        try
        {
            retry.Run(() =>
            {
                // Lanes that were reassigned meanwhile are the other member's work.
                collector.Keep(_partitions.Assigned);
                return collector.Messages.Count == 0
                    ? Task.CompletedTask
                    : dispatcher.DispatchAsync(collector.Messages, abort);
            });
        }
        catch (Exception e) when (SinkFencedException.Caused(e))
        {
            Restart(consumer, retry, e, stopping);
            return;
        }

        collector.Free();
        services.Status.Took(
            collector.Messages.Count,
            collector.Messages.Count > 0 ? collector.Messages[^1].Origin.ReceivedAt : null
        );
        services.Metrics.Took(definition, collector.Messages.Count, services.Time.GetElapsedTime(start));
        _partitions.Advance(consumer, collector.NextOffsets);
    }

    /// <summary>Applies requested offset moves before anything else is read.</summary>
    private void Move(IConsumer<byte[], byte[]> consumer, EndpointRetry retry, CancellationToken stopping)
    {
        while (services.Moves.Next(definition, _partitions.Assigned) is { } move)
        {
            try
            {
                // When the lane is reassigned while a server is unavailable, the other member applies the move.
                retry.Run(() => IsHere(move) ? _partitions.MoveAsync(consumer, move, stopping) : Task.CompletedTask);
            }
            catch (Exception e) when (SinkFencedException.Caused(e))
            {
                Restart(consumer, retry, e, stopping);
                return;
            }

            if (IsHere(move))
            {
                services.Moves.Made(move);
                LogMoved(move.Partition, move.ToOffset);
            }
        }
    }

    private bool IsHere(OffsetMove move) => _partitions.Assigned.Contains(move.Partition);

    /// <summary>Another host has moved the sink: continues from its current offset.</summary>
    private void Restart(
        IConsumer<byte[], byte[]> consumer,
        EndpointRetry retry,
        Exception cause,
        CancellationToken stopping
    )
    {
        LogFenced(cause.Message);
        retry.Wait(RetrySchedule.Endpoint.First);
        retry.Run(() => _partitions.RestartAsync(consumer, stopping));
    }

    private IConsumer<byte[], byte[]> Build() =>
        new ConsumerBuilder<byte[], byte[]>(EndpointConsumer.Configure(definition, services.Cluster))
            .SetErrorHandler((_, error) => LogError(error))
            .SetLogHandler((_, message) => LogLibrary(message.Message))
            .SetPartitionsAssignedHandler(_partitions.Assign)
            .SetPartitionsRevokedHandler((_, partitions) => _partitions.Revoke(partitions))
            .SetPartitionsLostHandler((_, partitions) => _partitions.Revoke(partitions))
            .Build();

    private void LogError(Error error)
    {
        if (_errors.ShouldLog(error.Code))
        {
            LogConsume(error.Reason);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition} is read from offset {Offset} on, as somebody asked")]
    private partial void LogMoved(int partition, long offset);

    [LoggerMessage(LogLevel.Information, "{Reason}")]
    private partial void LogFenced(string reason);

    [LoggerMessage(LogLevel.Information, "The unfinished batch is left to the next member: {Reason}")]
    private partial void LogUnfinished(string reason);

    [LoggerMessage(LogLevel.Warning, "Kafka consumer: {Reason}")]
    private partial void LogConsume(string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Kafka did not answer within {Seconds:0} s when the endpoint left its group. Nothing is lost: the next member reads again what was not committed"
    )]
    private partial void LogNotLeft(double seconds);

    [LoggerMessage(LogLevel.Debug, "Kafka consumer: {Text}")]
    private partial void LogLibrary(string text);
}

/// <summary>What every endpoint uses.</summary>
internal sealed record EndpointServices(
    KafkaCluster Cluster,
    OriginSeal Seal,
    ConsumerProgress Progress,
    DeadLetterQueue DeadLetters,
    DeadLetterTable Letters,
    EndpointStatus Status,
    EndpointMetrics Metrics,
    OffsetMoves Moves,
    OffsetMoveTable MoveTable,
    IServiceScopeFactory Scopes,
    ILoggerFactory Loggers,
    TimeProvider Time
);
