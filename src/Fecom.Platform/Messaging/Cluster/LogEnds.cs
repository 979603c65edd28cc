using System.Collections.Concurrent;
using Confluent.Kafka;
using Fecom.Platform.Retries;

namespace Fecom.Platform.Messaging;

/// <summary>Reads from Kafka where its logs end.</summary>
internal sealed class LogEnds(KafkaCluster cluster, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>The time by which Kafka's protocol asks for a log's end.</summary>
    private static readonly Timestamp Latest = new(-1, TimestampType.NotAvailable);

    /// <summary>For a leader that has just moved or a new topic: the library refreshes its metadata, and the next attempt succeeds.</summary>
    private static readonly RetrySchedule Moving = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500))
    {
        GiveUpAfter = Timeout,
    };

    private readonly ConcurrentDictionary<string, Task<long[]>> _asking = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long[]> _last = new(StringComparer.Ordinal);
    private readonly Lazy<IConsumer<Ignore, Ignore>> _reader = new(() =>
        new ConsumerBuilder<Ignore, Ignore>(
            cluster.Reach(new ConsumerConfig { GroupId = "fecom.barrier", EnableAutoCommit = false })
        )
            .SetLogHandler((_, _) => { })
            .Build()
    );

    /// <summary>Offset of the next message that each partition of the topic gets.</summary>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public Task<long[]> OfAsync(string topic, CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(() => Of(topic), cancellationToken);

    /// <summary>The ends that Kafka answers within the timeout, otherwise those of its last answer.</summary>
    /// <returns>The ends, null when Kafka has never answered; and why they are not current, null when they are.</returns>
    public async Task<(long[]? Ends, string? Silent)> LatestAsync(
        string topic,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        if (timeout <= TimeSpan.Zero)
        {
            return (_last.GetValueOrDefault(topic), null);
        }

        // A caller that comes while a request is under way shares its answer.
        Task<long[]> asking = _asking.AddOrUpdate(
            topic,
            name => OfAsync(name, CancellationToken.None),
            (name, before) => before.IsCompleted ? OfAsync(name, CancellationToken.None) : before
        );
        try
        {
            return (await asking.WaitAsync(timeout, cancellationToken), null);
        }
        catch (Exception e) when (e is TopicUnavailableException or TimeoutException)
        {
            string silent =
                e is TimeoutException
                    ? $"Kafka has not told within {timeout.TotalSeconds:0.#} s how far {topic} goes"
                    : e.Message;
            return (_last.GetValueOrDefault(topic), silent);
        }
    }

    /// <summary>Offset of the first message of each partition that came at a time or after it; the log's end when there is none.</summary>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public Task<long[]> SinceAsync(string topic, DateTime time, CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(() => Since(topic, time), cancellationToken);

    public void Dispose()
    {
        if (_reader.IsValueCreated)
        {
            _reader.Value.Dispose();
        }
    }

    private long[] Of(string topic) => _last[topic] = Ask(topic, () => Found(topic, Latest));

    private long[] Since(string topic, DateTime time) =>
        Ask(
            topic,
            () =>
            {
                long[] found = Found(topic, new Timestamp(time));
                // Where nothing is as late as that, the end.
                long[] ends = found.Any(offset => offset < 0) ? Found(topic, Latest) : found;
                return [.. found.Zip(ends, (offset, end) => offset < 0 ? end : offset)];
            }
        );

    /// <summary>Asks each broker once for all partitions that it leads: a request for each of them costs a core's milliseconds.</summary>
    private long[] Found(string topic, Timestamp at) =>
        [
            .. _reader
                .Value.OffsetsForTimes(
                    Enumerable
                        .Range(0, cluster.Partitions(topic))
                        .Select(partition => new TopicPartitionTimestamp(topic, partition, at)),
                    Timeout
                )
                .OrderBy(found => found.Partition.Value)
                .Select(found => found.Offset.Value),
        ];

    private long[] Ask(string topic, Func<long[]> ask)
    {
        long[] told = [];
        try
        {
            bool again = false;
            new RetryLoop(Moving, time) { Helps = IsMoving }.Run(() =>
            {
                if (again)
                {
                    Refresh(topic);
                }

                again = true;
                told = ask();
            });
            return told;
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell how far {topic} goes: {e.Error.Reason}", e);
        }
    }

    /// <summary>
    /// Has the reader ask for the topic's leaders. By itself it does so for topics that it reads only, and this one reads none: a
    /// partition or a leader that it does not know would stay unknown to it.
    /// </summary>
    private void Refresh(string topic)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_reader.Value.Handle).Build();
        _ = admin.GetMetadata(topic, Timeout);
    }

    private static bool IsMoving(Exception failure) =>
        failure is TopicPartitionOffsetException partitions
            ? partitions.Results.Any(partition => IsMoving(partition.Error.Code))
            : failure is KafkaException kafka && IsMoving(kafka.Error.Code);

    private static bool IsMoving(ErrorCode code) =>
        code
            is ErrorCode.NotLeaderForPartition
                or ErrorCode.LeaderNotAvailable
                or ErrorCode.FencedLeaderEpoch
                or ErrorCode.UnknownTopicOrPart
                or ErrorCode.Local_UnknownPartition;
}
