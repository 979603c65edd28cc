using Confluent.Kafka;
using Fecom.Platform.Failures;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Retries an endpoint's work while a server is unavailable, and stays a member of its group meanwhile. A stop ends the
/// delay, not the running attempt. Used by the endpoint's thread only.
/// </summary>
internal sealed partial class EndpointRetry
{
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(250);

    private readonly TopicEndpointDefinition _definition;
    private readonly EndpointServices _services;
    private readonly IReadOnlyList<EndpointStatus> _held;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly RetryLoop _loop;

    /// <param name="definition">The endpoint.</param>
    /// <param name="services">Its services.</param>
    /// <param name="held">The statuses of all endpoints of its reader: while one of them waits, none reads on.</param>
    /// <param name="consumer">The reader's consumer.</param>
    /// <param name="logger">Logs outages and their ends.</param>
    /// <param name="stopping">Ends the delay.</param>
    public EndpointRetry(
        TopicEndpointDefinition definition,
        EndpointServices services,
        IReadOnlyList<EndpointStatus> held,
        IConsumer<byte[], byte[]> consumer,
        ILogger logger,
        CancellationToken stopping
    )
    {
        _definition = definition;
        _services = services;
        _held = held;
        _consumer = consumer;
        _logger = logger;
        _stopping = stopping;
        _loop = new RetryLoop(RetrySchedule.Endpoint, services.Time)
        {
            Helps = failure =>
                !stopping.IsCancellationRequested && Outage.Is(failure) && !SinkFencedException.Caused(failure),
            Failed = (failure, wait) =>
            {
                Report(failure, wait);
                return ValueTask.CompletedTask;
            },
            Spend = (wait, _) =>
            {
                Wait(wait);
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>Runs the work on the caller's thread until it succeeds, or fails for another reason than an outage.</summary>
    public void Run(Func<Task> work)
    {
        _loop.Run(() => End(work()));
        if (_services.Status.Outage is not null)
        {
            Hold(null);
            LogResumed();
        }
    }

    /// <summary>
    /// Waits for the work's end. A task's own wait spins first, which is worth it for what ends within microseconds; this work waits for
    /// PostgreSQL or Redis, which need the core meanwhile.
    /// </summary>
    private static void End(Task work)
    {
        if (!work.IsCompleted)
        {
            object gate = new();
            bool hasEnded = false;
            work.ConfigureAwait(false)
                .GetAwaiter()
                .UnsafeOnCompleted(() =>
                {
                    lock (gate)
                    {
                        hasEnded = true;
                        Monitor.Pulse(gate);
                    }
                });
            lock (gate)
            {
                while (!hasEnded)
                {
                    Monitor.Wait(gate);
                }
            }
        }

        work.GetAwaiter().GetResult();
    }

    /// <summary>Polls, with all partitions paused, to stay a member of the group during a wait.</summary>
    /// <exception cref="OperationCanceledException">The endpoint is to stop.</exception>
    public void Wait(TimeSpan wait)
    {
        _consumer.Pause(_consumer.Assignment);
        long end = _services.Time.GetTimestamp() + (long)(wait.TotalSeconds * _services.Time.TimestampFrequency);
        while (_services.Time.GetTimestamp() < end)
        {
            _stopping.ThrowIfCancellationRequested();
            ConsumeResult<byte[], byte[]>? stray = _consumer.Consume(PollTime);
            if (stray is not null)
            {
                // The partition was assigned during the wait: seeks back, so that this message is read again.
                _consumer.Seek(stray.TopicPartitionOffset);
                _consumer.Pause([stray.TopicPartition]);
            }
        }

        _consumer.Resume(_consumer.Assignment);
    }

    private void Report(Exception failure, TimeSpan wait)
    {
        string reason = FailureText.Of(failure);
        LogOutage(wait.TotalSeconds, reason);
        Hold(reason);
        _services.Status.Retried();
        _services.Metrics.Retried(_definition);
    }

    private void Hold(string? reason)
    {
        foreach (EndpointStatus status in _held)
        {
            status.Outage = reason;
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Waits for a server or another host; trying again in {Seconds:0.##} s, nothing is lost: {Reason}"
    )]
    private partial void LogOutage(double seconds, string reason);

    [LoggerMessage(LogLevel.Information, "Continues after an outage")]
    private partial void LogResumed();
}
