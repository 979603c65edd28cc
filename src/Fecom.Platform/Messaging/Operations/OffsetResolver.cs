using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Translates a topic's start, its end or a time into offsets.</summary>
internal sealed class OffsetResolver(KafkaCluster cluster)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <param name="topic">The topic.</param>
    /// <param name="partitions">The partitions that are asked for.</param>
    /// <param name="target">The place.</param>
    /// <returns>Offset of the first message at or after the place; the log's end when there is none.</returns>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public Task<IReadOnlyDictionary<int, long>> ResolveAsync(
        string topic,
        IReadOnlyCollection<int> partitions,
        OffsetTarget target
    ) => BlockingCall.RunAsync(() => Resolve(topic, partitions, target), CancellationToken.None);

    private IReadOnlyDictionary<int, long> Resolve(
        string topic,
        IReadOnlyCollection<int> partitions,
        OffsetTarget target
    )
    {
        try
        {
            using IConsumer<Ignore, Ignore> reader = new ConsumerBuilder<Ignore, Ignore>(
                cluster.Reach(
                    new ConsumerConfig
                    {
                        GroupId = "fecom.offsets",
                        EnableAutoCommit = false,
                        EnablePartitionEof = true,
                    }
                )
            ).SetLogHandler((_, _) => { }).Build();
            return partitions.ToDictionary(
                partition => partition,
                partition => Find(reader, new TopicPartition(topic, partition), target)
            );
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell the offsets of {topic}: {e.Error.Reason}", e);
        }
    }

    private long Find(IConsumer<Ignore, Ignore> reader, TopicPartition partition, OffsetTarget target)
    {
        WatermarkOffsets ends = reader.QueryWatermarkOffsets(partition, Timeout);
        if (target.Time is not { } moment)
        {
            return target.IsEnd ? ends.High : ends.Low;
        }

        if (cluster.IsEmbedded)
        {
            return Scan(reader, partition, ends, moment);
        }

        Offset found = reader
            .OffsetsForTimes([new TopicPartitionTimestamp(partition, new Timestamp(moment))], Timeout)[0]
            .Offset;
        return found.IsSpecial ? ends.High : found;
    }

    /// <summary>An embedded cluster has no index by time, and few messages to read through.</summary>
    private static long Scan(
        IConsumer<Ignore, Ignore> reader,
        TopicPartition partition,
        WatermarkOffsets ends,
        DateTime moment
    )
    {
        if (ends.Low == ends.High)
        {
            return ends.High;
        }

        // Compared as numbers: a producer may have set a timestamp that DateTime cannot hold.
        long since = new DateTimeOffset(moment).ToUnixTimeMilliseconds();
        reader.Assign(new TopicPartitionOffset(partition, ends.Low));
        while (reader.Consume(Timeout) is { IsPartitionEOF: false } message && message.Offset < ends.High)
        {
            if (message.Message.Timestamp.UnixTimestampMs >= since)
            {
                return message.Offset;
            }
        }

        return ends.High;
    }
}

/// <summary>A place in a log: its start, its end, or the first message that came at a time or after it.</summary>
/// <param name="IsEnd">The end; the start otherwise, when there is no time.</param>
/// <param name="Time">UTC.</param>
internal readonly record struct OffsetTarget(bool IsEnd, DateTime? Time)
{
    /// <summary>Reads <c>start</c>, <c>end</c> or an RFC 3339 time.</summary>
    public static bool TryParse(string? text, out OffsetTarget target)
    {
        target = new(text == "end", null);
        if (text is "start" or "end")
        {
            return true;
        }

        if (
            text is { Length: > 10 and <= 40 }
            && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset time)
        )
        {
            target = new(false, time.UtcDateTime);
            return true;
        }

        return false;
    }
}
