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

    private readonly ConcurrentDictionary<string, Task<bool>> _asking = new(StringComparer.Ordinal);
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

    /// <summary>The ends of topics that Kafka answers within the timeout, otherwise those of its last answers.</summary>
    /// <returns>The ends by topic, none of one that Kafka has never told of; and why they are not current, null when they are.</returns>
    public async Task<(IReadOnlyDictionary<string, long[]> Ends, string? Silent)> LatestAsync(
        IReadOnlyCollection<string> topics,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        // A caller that comes while a request is under way shares its answer.
        Task<bool> asking = _asking.AddOrUpdate(
            string.Join(' ', topics),
            _ => LookAsync(topics),
            (_, before) => before.IsCompleted ? LookAsync(topics) : before
        );
        try
        {
            await asking.WaitAsync(timeout, cancellationToken);
            return (_last, null);
        }
        catch (TopicUnavailableException e)
        {
            return (_last, e.Message);
        }
        catch (TimeoutException)
        {
            return (_last, $"Kafka has not told within {timeout.TotalSeconds:0.#} s how far {Go(topics)}");
        }
    }

    /// <summary>The ends of Kafka's last answers, by topic.</summary>
    public IReadOnlyDictionary<string, long[]> Last => _last;

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

    private Task<bool> LookAsync(IReadOnlyCollection<string> topics) =>
        BlockingCall.RunAsync(
            () =>
            {
                Ask(topics, () => Look(topics));
                return true;
            },
            CancellationToken.None
        );

    private long[] Of(string topic)
    {
        Ask([topic], () => Look([topic]));
        return _last[topic];
    }

    private void Look(IReadOnlyCollection<string> topics)
    {
        foreach ((string topic, long[] ends) in Found(topics, Latest))
        {
            _last[topic] = ends;
        }
    }

    private long[] Since(string topic, DateTime time)
    {
        long[] told = [];
        Ask(
            [topic],
            () =>
            {
                long[] found = Found([topic], new Timestamp(time))[topic];
                // Where nothing is as late as that, the end.
                long[] ends = found.Any(offset => offset < 0) ? Found([topic], Latest)[topic] : found;
                told = [.. found.Zip(ends, (offset, end) => offset < 0 ? end : offset)];
            }
        );
        return told;
    }

    /// <summary>Asks each broker once for all partitions that it leads: a request for each of them, or for each topic, costs a core's milliseconds.</summary>
    private Dictionary<string, long[]> Found(IReadOnlyCollection<string> topics, Timestamp at) =>
        _reader
            .Value.OffsetsForTimes(
                topics.SelectMany(topic =>
                    Enumerable
                        .Range(0, cluster.Partitions(topic))
                        .Select(partition => new TopicPartitionTimestamp(topic, partition, at))
                ),
                Timeout
            )
            .GroupBy(found => found.Topic, StringComparer.Ordinal)
            .ToDictionary(
                topic => topic.Key,
                topic => topic.OrderBy(found => found.Partition.Value).Select(found => found.Offset.Value).ToArray(),
                StringComparer.Ordinal
            );

    private void Ask(IReadOnlyCollection<string> topics, Action ask)
    {
        try
        {
            bool again = false;
            new RetryLoop(Moving, time) { Helps = IsMoving }.Run(() =>
            {
                if (again)
                {
                    Refresh(topics);
                }

                again = true;
                ask();
            });
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell how far {Go(topics)}: {e.Error.Reason}", e);
        }
    }

    private static string Go(IReadOnlyCollection<string> topics) =>
        topics.Count == 1 ? $"{topics.First()} goes" : $"its {topics.Count} topics go";

    /// <summary>
    /// Has the reader ask for the topics' leaders. By itself it does so for topics that it reads only, and this one reads none: a
    /// partition or a leader that it does not know would stay unknown to it.
    /// </summary>
    private void Refresh(IEnumerable<string> topics)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_reader.Value.Handle).Build();
        foreach (string topic in topics)
        {
            _ = admin.GetMetadata(topic, Timeout);
        }
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
