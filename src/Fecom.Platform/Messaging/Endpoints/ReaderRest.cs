using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Lets a reader rest while nothing comes. An embedded cluster says that something has come only at the end of a fetch's wait, so
/// readers ask it up to fifty times a second, which costs CPU while nothing happens. What this process sends ends the rest at once,
/// sooner than the next question would; for what others send the reader looks now and then. With several hosts, or a real cluster,
/// which answers when something comes, nobody rests. A reader that is to be quick also rests between the batches of a steady stream:
/// to ask again once something is there takes a few milliseconds, and a question that is under way up to its whole wait.
/// </summary>
internal sealed partial class ReaderRest(
    IConsumer<byte[], byte[]> consumer,
    NativeBatch batch,
    IReadOnlyList<EndpointStatus> statuses,
    KafkaCluster cluster,
    TimeProvider time,
    Func<bool> hasAll,
    Func<List<TopicPartition>> assigned,
    ILogger logger
)
{
    /// <summary>A reader rests when nothing has come for as long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);

    /// <summary>A reader that is to be quick rests after as long, when it has taken all that this process has sent.</summary>
    private static readonly TimeSpan Lull = TimeSpan.FromMilliseconds(4);

    /// <summary>A reader whose questions take longer is not to be quick: it takes what has come meanwhile together.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);

    /// <summary>The time after which it looks for what another process has sent.</summary>
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(20);

    /// <summary>How long it sleeps during its rest before it sees whether another host has joined, or somebody wants it to read elsewhere.</summary>
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(3);

    /// <summary>How long it looks. What is there is fetched at once, but on a busy machine the answer takes its time, and one that comes after the look is thrown away.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How long a reader otherwise waits for a message. After a broker's failure something has to be done in between, and an embedded broker does not fail.</summary>
    private readonly TimeSpan _wait = TimeSpan.FromSeconds(cluster.Embedded is null ? 0.25 : 1);

    private readonly bool _isQuick = IsQuick(statuses[0].Definition);

    /// <summary>Null where another reader goes on with what this one has sent, and where nobody waits for this one.</summary>
    private readonly YoungGarbage? _garbage =
        IsQuick(statuses[0].Definition) && statuses[0].Definition.Produces.Count == 0
            ? YoungGarbage.OfThisProcess()
            : null;

    /// <summary>Those that it has paused for its rest.</summary>
    private List<TopicPartition> _paused = [];

    private bool _rests;
    private long _arrived = time.GetTimestamp();
    private long _busyAt = time.GetTimestamp();
    private long _began;
    private TimeSpan _idleFor = Idle;

    /// <summary>Something was sent to the reader's topics. Called by any thread.</summary>
    public void Wake()
    {
        Interlocked.Exchange(ref _arrived, time.GetTimestamp());
        if (Volatile.Read(ref _rests))
        {
            batch.Wake();
        }
    }

    /// <summary>Begins, ends or keeps the rest. Called by the reader before each look for messages.</summary>
    /// <param name="isBusy">Whether something came in the last look, or the reader has something else to do.</param>
    /// <returns>How long to look.</returns>
    public TimeSpan Turn(bool isBusy)
    {
        long now = time.GetTimestamp();
        if (isBusy || (_rests && (HasArrived() || cluster.Hosts > 1)))
        {
            Resume(now);
        }
        else if (_rests)
        {
            Tell(true);
            // What others do behind a load, after this reader has had its part of it.
            _garbage?.CollectWhenMuch();
            if (time.GetElapsedTime(_began, now) >= MaxRest)
            {
                _busyAt = now;
                _idleFor = Look;
                End();
            }
        }

        if (_rests)
        {
            return Sleep;
        }

        TimeSpan after = RestAfter;
        if (IsAlone && time.GetElapsedTime(Math.Max(_busyAt, Interlocked.Read(ref _arrived)), now) >= after)
        {
            Begin(now);
        }

        return _rests ? Sleep
            : after < _wait ? after
            : _wait;
    }

    /// <summary>How long nothing comes before it rests.</summary>
    private TimeSpan RestAfter => _isQuick && _idleFor > Look && IsAlone && hasAll() ? Lull : _idleFor;

    private bool IsAlone => cluster is { Embedded: not null, Hosts: 1 };

    private void Begin(long now)
    {
        List<TopicPartition> partitions = assigned();
        if (partitions.Count == 0)
        {
            return;
        }

        _began = now;
        _idleFor = Idle;
        _paused = partitions;
        consumer.Pause(partitions);
        Interlocked.Exchange(ref _rests, true);
        if (HasArrived())
        {
            // Sent after the look at the clock, perhaps before the reader could be woken.
            Resume(now);
        }
        else
        {
            _garbage?.CollectWhenMuch();
        }
    }

    private void Resume(long now)
    {
        _busyAt = now;
        _idleFor = Idle;
        End();
    }

    private void End()
    {
        if (_rests)
        {
            Interlocked.Exchange(ref _rests, false);
            Tell(false);
            consumer.Resume(_paused);
            WakeLibrary();
        }
    }

    /// <summary>
    /// Resuming does not wake the library's thread, which sleeps for up to a second while no partition is to be read; a request to the broker does.
    /// </summary>
    private void WakeLibrary()
    {
        try
        {
            // Of all that can be asked, this is one request, to the broker that has the partition. Nothing depends on its answer.
            _ = consumer.OffsetsForTimes([new TopicPartitionTimestamp(_paused[0], Timestamp.Default)], Look);
        }
        catch (KafkaException e)
        {
            // Then the thread wakes by itself, later.
            LogNotWoken(logger, e.Error.Reason);
        }
    }

    private void Tell(bool rests)
    {
        foreach (EndpointStatus status in statuses)
        {
            status.Rests = rests;
        }
    }

    private static bool IsQuick(TopicEndpointDefinition definition) =>
        (definition.FetchWait ?? definition.BatchInterval) <= Quick;

    private bool HasArrived() => Interlocked.Read(ref _arrived) >= _began;

    [LoggerMessage(LogLevel.Debug, "Kafka was not asked at the end of a rest: {Reason}")]
    private static partial void LogNotWoken(ILogger logger, string reason);
}
