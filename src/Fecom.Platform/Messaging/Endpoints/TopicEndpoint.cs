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

    /// <param name="stopping">Takes no further batch; the one at hand is finished.</param>
    /// <param name="abort">Gives the batch at hand up too.</param>
    Task RunAsync(CancellationToken stopping, CancellationToken abort);
}

/// <summary>
/// One consumer group's member: collects batches from its partitions, has them processed, then lets offsets advance. It
/// waits for its consumer, so a slow sink slows it and memory stays bounded.
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

    private readonly ILogger _logger = services.Loggers.CreateLogger($"Fecom.Endpoint.{definition.Name}");
    private readonly ErrorNews _news = new(services.Time);
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
        // After a fault it begins from nothing.
        _partitions = Partitions(definition, sinkOffsets, services);
        _partitions.Stopping = stopping;
        _faults.Join();
        Thread.CurrentThread.Name = definition.Name;
        using BatchDispatcher<T, TConsumer> dispatcher = new(services, definition, _partitions.GivenUp, _logger);
        using IConsumer<byte[], byte[]> consumer = Build();
        consumer.Subscribe(definition.ReadTopics);
        RetryLoop retry = Retrying(consumer, stopping);
        using NativeBatch batch = new(consumer, definition.BatchSize);
        BatchCollector<T> collector = new(definition, format, batch, services);
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                if (_partitions.IsOfAnotherLog && !definition.Broadcast)
                {
                    _partitions.BeginAnew(consumer);
                }

                Move(consumer, retry, stopping);
                if (Collect(collector, consumer))
                {
                    Process(collector, consumer, dispatcher, retry, stopping, abort);
                }

                Mend(collector, consumer, retry, stopping);
            }
        }
        catch (Exception e) when (stopping.IsCancellationRequested && (e is OperationCanceledException || Outage.Is(e)))
        {
            // A stop, or a server that is away at a stop: what was not finished is read again by the next member.
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

    /// <summary>Its partitions go to other members at once, also after a fault.</summary>
    private void Leave(IConsumer<byte[], byte[]> consumer)
    {
        try
        {
            consumer.Close();
        }
        catch (KafkaException e)
        {
            LogConsume(e.Error.Reason);
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

        _faults.Hear(collector.NextOffsets.Keys);
        foreach (ConsumerFault fault in collector.Faults.Where(fault => !fault.IsOutOfRange))
        {
            _faults.Add(fault);
            LogConsume(fault.Reason);
        }

        services.Status.Fault = _faults.Reason is { } reason ? $"Kafka: {reason}" : null;
        return any;
    }

    /// <summary>Goes on where the log does not have the next record, and asks lanes that were in trouble whether they still are.</summary>
    private void Mend(
        BatchCollector<T> collector,
        IConsumer<byte[], byte[]> consumer,
        RetryLoop retry,
        CancellationToken stopping
    )
    {
        foreach (
            ConsumerFault fault in collector.Faults.Where(fault => fault is { IsOutOfRange: true, Lane: not null })
        )
        {
            UntilDone(retry, () => _partitions.MeetLogAsync(consumer, fault.Lane!.Value, stopping));
        }

        // An embedded cluster does not tell a partition's end, so there is no answer to wait for.
        IReadOnlyCollection<int> silent = services.Cluster.IsEmbedded ? [] : _faults.ToAsk(_partitions.Assigned);
        if (silent.Count > 0)
        {
            UntilDone(
                retry,
                () =>
                {
                    _partitions.AskAgain(consumer, silent);
                    return Task.CompletedTask;
                }
            );
        }
    }

    /// <summary>Has the collected batch processed however long its servers are away, and moves on.</summary>
    private void Process(
        BatchCollector<T> collector,
        IConsumer<byte[], byte[]> consumer,
        BatchDispatcher<T, TConsumer> dispatcher,
        RetryLoop retry,
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
            UntilDone(retry, () => dispatcher.BuryAsync(message, abort));
        }

        try
        {
            UntilDone(
                retry,
                () =>
                {
                    // What was given to another member meanwhile is that member's work.
                    collector.Keep(_partitions.Assigned);
                    return collector.Messages.Count == 0
                        ? Task.CompletedTask
                        : dispatcher.DispatchAsync(collector.Messages, abort);
                }
            );
        }
        catch (Exception e) when (SinkFencedException.Caused(e))
        {
            Restart(consumer, retry, e, stopping);
            return;
        }

        collector.Free();
        services.Status.Took(collector.Messages.Count);
        services.Metrics.Took(definition, collector.Messages.Count, services.Time.GetElapsedTime(start));
        _partitions.Advance(consumer, collector.NextOffsets);
    }

    /// <summary>Makes the moves that somebody asked for, before anything else is read.</summary>
    private void Move(IConsumer<byte[], byte[]> consumer, RetryLoop retry, CancellationToken stopping)
    {
        while (services.Moves.Next(definition, _partitions.Assigned) is { } move)
        {
            try
            {
                // A lane that goes to another member while a server is away takes its move along.
                UntilDone(
                    retry,
                    () => IsHere(move) ? _partitions.MoveAsync(consumer, move, stopping) : Task.CompletedTask
                );
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

    /// <summary>Another host has moved the sink: reads on from where it stands now.</summary>
    private void Restart(
        IConsumer<byte[], byte[]> consumer,
        RetryLoop retry,
        Exception cause,
        CancellationToken stopping
    )
    {
        LogFenced(cause.Message);
        Linger(consumer, RetrySchedule.Endpoint.First, stopping);
        UntilDone(retry, () => _partitions.RestartAsync(consumer, stopping));
    }

    private void UntilDone(RetryLoop retry, Func<Task> work)
    {
        retry.Run(() => work().GetAwaiter().GetResult());
        Resumed();
    }

    /// <summary>Waits while a server is away, and stays a member of its group meanwhile. A stop ends the wait, not the attempt at hand.</summary>
    private RetryLoop Retrying(IConsumer<byte[], byte[]> consumer, CancellationToken stopping) =>
        new(RetrySchedule.Endpoint, services.Time)
        {
            Helps = failure =>
                !stopping.IsCancellationRequested && Outage.Is(failure) && !SinkFencedException.Caused(failure),
            Failed = (failure, wait) =>
            {
                string reason = FailureText.Of(failure);
                LogOutage(wait.TotalSeconds, reason);
                services.Status.Outage = reason;
                services.Status.Retried();
                services.Metrics.Retried(definition);
                return ValueTask.CompletedTask;
            },
            Spend = (wait, _) =>
            {
                Linger(consumer, wait, stopping);
                return ValueTask.CompletedTask;
            },
        };

    /// <summary>Polls without taking messages.</summary>
    private void Linger(IConsumer<byte[], byte[]> consumer, TimeSpan wait, CancellationToken stopping)
    {
        consumer.Pause(consumer.Assignment);
        long end = services.Time.GetTimestamp() + (long)(wait.TotalSeconds * services.Time.TimestampFrequency);
        while (services.Time.GetTimestamp() < end)
        {
            stopping.ThrowIfCancellationRequested();
            ConsumeResult<byte[], byte[]>? stray = consumer.Consume(PollTime);
            if (stray is not null)
            {
                // A partition that came in by a rebalance during the wait: it is read from here again, and its end told again.
                consumer.Seek(stray.TopicPartitionOffset);
                consumer.Pause([stray.TopicPartition]);
            }
        }

        consumer.Resume(consumer.Assignment);
    }

    private void Resumed()
    {
        if (services.Status.Outage is not null)
        {
            services.Status.Outage = null;
            LogResumed();
        }
    }

    private IConsumer<byte[], byte[]> Build() =>
        new ConsumerBuilder<byte[], byte[]>(EndpointConsumer.Configure(definition, services.Cluster))
            .SetErrorHandler((_, error) => Tell(error))
            .SetLogHandler((_, message) => LogLibrary(message.Message))
            .SetPartitionsAssignedHandler(_partitions.Assign)
            .SetPartitionsRevokedHandler((_, partitions) => _partitions.Revoke(partitions))
            .SetPartitionsLostHandler((_, partitions) => _partitions.Revoke(partitions))
            .Build();

    private void Tell(Error error)
    {
        if (_news.Is(error.Code))
        {
            LogConsume(error.Reason);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition} is read from offset {Offset} on, as somebody asked")]
    private partial void LogMoved(int partition, long offset);

    [LoggerMessage(LogLevel.Information, "{Reason}")]
    private partial void LogFenced(string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Waits for a server or another host; trying again in {Seconds:0.##} s, nothing is lost: {Reason}"
    )]
    private partial void LogOutage(double seconds, string reason);

    [LoggerMessage(LogLevel.Information, "The batch at hand is left to the next member: {Reason}")]
    private partial void LogUnfinished(string reason);

    [LoggerMessage(LogLevel.Information, "Goes on")]
    private partial void LogResumed();

    [LoggerMessage(LogLevel.Warning, "Kafka consumer: {Reason}")]
    private partial void LogConsume(string reason);

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
