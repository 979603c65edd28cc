using Confluent.Kafka;
using Fecom.Platform.Failures;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// A member of a consumer group, for one endpoint or for several of the same <see cref="TopicEndpointDefinition.Reader"/>: collects
/// batches from its partitions, has the endpoints process their shares one after the other, then advances the offsets. It reads no
/// further meanwhile, so a slow sink slows it and memory stays bounded.
/// </summary>
internal sealed partial class TopicReader
{
    /// <summary>After the batch's own time to finish: see <see cref="TopicEndpoints"/>.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(3);

    private readonly IReadOnlyList<ITopicEndpoint> _endpoints;
    private readonly EndpointServices _services;
    private readonly ILogger _logger;
    private readonly ErrorThrottle _errors;

    /// <param name="endpoints">At least one.</param>
    /// <exception cref="InvalidOperationException">They have one reader and want to be read in different ways.</exception>
    public TopicReader(IReadOnlyList<ITopicEndpoint> endpoints)
    {
        _endpoints = endpoints;
        _services = endpoints[0].Services;
        _logger = _services.Loggers.CreateLogger($"Fecom.Endpoint.{Name}");
        _errors = new ErrorThrottle(_services.Time);
        if (endpoints.FirstOrDefault(endpoint => !endpoint.Definition.IsReadAs(Settings)) is { } other)
        {
            throw new InvalidOperationException(
                $"The endpoints {Settings.Name} and {other.Definition.Name} share the reader {Name}, so they have the same batches, waits and kind of outcome."
            );
        }
    }

    public string Name => Settings.ReaderName;

    /// <summary>Whether its endpoints send to other topics.</summary>
    public bool Produces => Settings.Produces.Count > 0;

    private TopicEndpointDefinition Settings => _endpoints[0].Definition;

    private EndpointStatus[] Statuses => [.. _endpoints.Select(endpoint => endpoint.Services.Status)];

    /// <summary>Runs until it is cancelled. librdkafka's poll blocks, so the reader has a thread of its own.</summary>
    /// <param name="stopping">Takes no further batch; the running one is finished.</param>
    /// <param name="abort">Cancels the running batch too.</param>
    public Task RunAsync(CancellationToken stopping, CancellationToken abort) =>
        Task.Factory.StartNew(
            () => Run(stopping, abort),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    private void Run(CancellationToken stopping, CancellationToken abort)
    {
        _services.Cluster.RequireOpen();
        Thread.CurrentThread.Name = Name;
        // After a failure it starts with fresh state.
        using ReaderLanes lanes = new([.. _endpoints.Select(endpoint => endpoint.Open())]);
        using IConsumer<byte[], byte[]> consumer = Build(lanes);
        foreach ((ITopicEndpoint endpoint, IReaderMember member) in _endpoints.Zip(lanes.Members))
        {
            member.Join(consumer, Retry(endpoint, consumer, stopping), stopping, abort);
        }

        consumer.Subscribe(lanes.Topics);
        using NativeBatch batch = new(consumer, Settings.BatchSize);
        BatchIntake intake = new(Settings, batch, Expected, _services.Time);
        ReaderRest rest = new(
            consumer,
            batch,
            Statuses,
            _services.Cluster,
            _services.Time,
            HasAll,
            lanes.Assigned,
            _logger
        );
        using IDisposable arrivals = _services.Arrivals.Follow(lanes.Topics, rest.Wake);
        using CancellationTokenRegistration stop = stopping.Register(batch.Wake);
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                TimeSpan wait = rest.Turn(batch.Count > 0 || lanes.Members.Any(member => member.HasMove));
                Turn(lanes, batch, intake, wait);
            }

            Finish(lanes);
        }
        catch (Exception e) when (stopping.IsCancellationRequested && (e is OperationCanceledException || Outage.Is(e)))
        {
            // Stopped, perhaps while a server is unavailable: the unfinished batch is read again by the next member.
            LogUnfinished(FailureText.Of(e));
        }
        finally
        {
            batch.Free();
            Leave(consumer);
        }
    }

    private static void Turn(ReaderLanes lanes, NativeBatch batch, BatchIntake intake, TimeSpan wait)
    {
        foreach (IReaderMember member in lanes.Members)
        {
            member.Prepare();
        }

        intake.Take(wait, lanes.Members.Any(member => member.IsFinishing) ? () => Finish(lanes) : null);
        lanes.Share(batch);
        foreach (IReaderMember member in lanes.Members)
        {
            member.Process();
        }

        foreach (IReaderMember member in lanes.Members)
        {
            member.Recover();
        }
    }

    private static void Finish(ReaderLanes lanes)
    {
        foreach (IReaderMember member in lanes.Members)
        {
            member.Finish();
        }
    }

    /// <summary>Whether its endpoints have taken everything that this process has sent to their topics, and nothing behind it that another one has sent.</summary>
    private bool HasAll() => Positions().All(position => position.Next == position.End);

    /// <summary>Messages that this process has sent to its endpoints' topics and that these have yet to take; null while others may have sent some too.</summary>
    private long? Expected() =>
        _services.Cluster is { Embedded: not null, Hosts: 1 }
            ? Positions().Sum(position => Math.Max(0, position.End - position.Next))
            : null;

    /// <summary>Of each endpoint and partition the next offset that it takes, and the end of what this process knows to be there.</summary>
    private IEnumerable<(long Next, long End)> Positions()
    {
        foreach (ITopicEndpoint endpoint in _endpoints)
        {
            TopicEndpointDefinition definition = endpoint.Definition;
            foreach (string topic in definition.ReadTopics)
            {
                int partitions = _services.Cluster.Partitions(topic);
                for (int partition = 0; partition < partitions; partition++)
                {
                    yield return (
                        _services.Progress.Next(definition, definition.Lane(topic, partition)),
                        _services.Arrivals.End(topic, partition)
                    );
                }
            }
        }
    }

    private EndpointRetry Retry(
        ITopicEndpoint endpoint,
        IConsumer<byte[], byte[]> consumer,
        CancellationToken stopping
    ) =>
        new(
            endpoint.Definition,
            endpoint.Services,
            Statuses,
            consumer,
            _services.Loggers.CreateLogger($"Fecom.Endpoint.{endpoint.Definition.Name}"),
            stopping
        );

    /// <summary>Leaves the group, so that its partitions are reassigned at once, also after a failure.</summary>
    private void Leave(IConsumer<byte[], byte[]> consumer)
    {
        if (!GroupExit.TryLeave(consumer, LeaveTime, _services.Time))
        {
            LogNotLeft(LeaveTime.TotalSeconds);
        }
    }

    private IConsumer<byte[], byte[]> Build(ReaderLanes lanes) =>
        new ConsumerBuilder<byte[], byte[]>(EndpointConsumer.Configure(Settings, _services.Cluster))
            .SetErrorHandler((_, error) => LogError(error))
            .SetLogHandler((_, message) => LogLibrary(message.Message))
            .SetPartitionsAssignedHandler(lanes.Assign)
            .SetPartitionsRevokedHandler((_, partitions) => lanes.Revoke(partitions))
            .SetPartitionsLostHandler((_, partitions) => lanes.Revoke(partitions))
            .Build();

    private void LogError(Error error)
    {
        if (_errors.ShouldLog(error.Code))
        {
            LogConsume(error.Reason);
        }
    }

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
