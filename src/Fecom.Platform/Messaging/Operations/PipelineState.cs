using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Reads the offsets and lags of every endpoint from Kafka, those of other hosts too. While a broker is unavailable it gives the last known ones.</summary>
internal sealed class PipelineState(
    KafkaCluster cluster,
    TopicSettings settings,
    LogEnds logs,
    GroupOffsets groups,
    ConsumerProgress progress,
    EndpointStatuses statuses,
    IEnumerable<TopicDefinition> topics,
    DeadLetterTable letters,
    TimeProvider time
)
{
    /// <summary>Maximum time that one call waits for Kafka, for all topics together.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public async Task<PipelineBody> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> open = await letters.OpenAsync(cancellationToken);
        Reading reading = new(time.GetTimestamp()) { Silent = cluster.NotOpen };
        List<EndpointBody> bodies = [];
        foreach (EndpointStatus status in statuses.All.Where(status => !status.Definition.Broadcast))
        {
            bodies.Add(
                await ReadAsync(status, reading, open.GetValueOrDefault(status.Definition.Name), cancellationToken)
            );
        }

        return new PipelineBody(
            cluster.Id,
            cluster.IsEmbedded,
            cluster.HostId,
            reading.Silent,
            bodies,
            cluster.NotOpen is null ? Topics() : []
        );
    }

    private IReadOnlyList<TopicBody> Topics()
    {
        ILookup<string, TopicFinding> findings = settings.Findings.ToLookup(
            finding => finding.Topic,
            StringComparer.Ordinal
        );
        return
        [
            .. topics
                .Select(topic => topic.Name)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(topic => new TopicBody(
                    topic,
                    cluster.Partitions(topic),
                    [
                        .. findings[topic]
                            .Select(finding => new TopicSettingBody(
                                finding.Setting,
                                finding.Value,
                                finding.Reason,
                                finding.LosesEvents,
                                finding.Command
                            )),
                    ]
                )),
        ];
    }

    private async Task<long[]> EndsAsync(EndpointStatus status, Reading reading, CancellationToken cancellationToken)
    {
        string topic = status.Definition.Topic;
        if (!reading.Ends.TryGetValue(topic, out long[]? ends))
        {
            TimeSpan left = reading.Silent is null ? Timeout - time.GetElapsedTime(reading.Began) : TimeSpan.Zero;
            (ends, string? silent) = await logs.LatestAsync(topic, left, cancellationToken);
            reading.Silent ??= silent;
            reading.Ends.Add(topic, ends ??= new long[cluster.NotOpen is null ? cluster.Partitions(topic) : 0]);
        }

        return ends;
    }

    private async Task<EndpointBody> ReadAsync(
        EndpointStatus status,
        Reading reading,
        long openLetters,
        CancellationToken cancellationToken
    )
    {
        TopicEndpointDefinition endpoint = status.Definition;
        long[] ends = await EndsAsync(status, reading, cancellationToken);
        IReadOnlyDictionary<int, long> elsewhere = await ElsewhereAsync(
            endpoint,
            ends.Length,
            reading,
            cancellationToken
        );
        PartitionBody[] partitions =
        [
            .. ends.Select(
                (end, partition) =>
                {
                    bool here = progress.IsHere(endpoint, partition);
                    long next =
                        !here && elsewhere.TryGetValue(partition, out long other)
                            ? other
                            : progress.Next(endpoint, partition);
                    return new PartitionBody(partition, here, next, Math.Max(end, next), Math.Max(0, end - next));
                }
            ),
        ];
        return new EndpointBody(
            endpoint.Name,
            endpoint.Topic,
            status.Waits is null ? "running" : "waiting",
            status.Waits,
            partitions.Sum(partition => partition.Lag),
            Math.Round(status.MessagesPerSecond, 1),
            status.Messages,
            status.Batches,
            status.Retries,
            openLetters,
            status.RecordsMissed,
            partitions
        );
    }

    private async Task<IReadOnlyDictionary<int, long>> ElsewhereAsync(
        TopicEndpointDefinition endpoint,
        int partitions,
        Reading reading,
        CancellationToken cancellationToken
    )
    {
        TopicPartition[] places =
        [
            .. Enumerable
                .Range(0, partitions)
                .Where(partition => !progress.IsHere(endpoint, partition))
                .Select(partition => new TopicPartition(endpoint.Topic, partition)),
        ];
        if (places.Length == 0 || reading.Silent is not null)
        {
            return new Dictionary<int, long>();
        }

        try
        {
            return (await groups.CommittedAsync(endpoint.Group, places, cancellationToken)).ToDictionary(
                offset => offset.Partition.Value,
                offset => offset.Offset.Value
            );
        }
        catch (KafkaException e)
        {
            reading.Silent = $"Kafka did not tell where {endpoint.Name} stands: {e.Error.Reason}";
            return new Dictionary<int, long>();
        }
    }

    /// <summary>One reading of all endpoints: once Kafka has timed out, the rest of it uses the last known values.</summary>
    private sealed class Reading(long began)
    {
        public long Began => began;

        public Dictionary<string, long[]> Ends { get; } = new(StringComparer.Ordinal);

        public string? Silent { get; set; }
    }
}

/// <summary>An endpoint, as <c>GET /pipeline</c> tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Topic">The topic that it reads.</param>
/// <param name="State"><c>running</c>, or <c>waiting</c> for a server.</param>
/// <param name="Reason">What it waits for; null while it runs.</param>
/// <param name="Lag">Messages in the log that it has not taken yet, over all hosts.</param>
/// <param name="MessagesPerSecond">What this host took of them, a second, over the last ten seconds.</param>
/// <param name="Messages">What this host has taken since its start.</param>
/// <param name="Batches">In how many batches.</param>
/// <param name="Retries">Batches that this host tried again because a server was away.</param>
/// <param name="DeadLetters">Messages given up, on any host, that have not been resent yet.</param>
/// <param name="Missed">Records that retention, or somebody, removed from the log before this host read them, since its start.</param>
/// <param name="Partitions">Partition by partition.</param>
internal sealed record EndpointBody(
    string Name,
    string Topic,
    [property: AllowedValues("running", "waiting")] string State,
    string? Reason,
    long Lag,
    double MessagesPerSecond,
    long Messages,
    long Batches,
    long Retries,
    long DeadLetters,
    long Missed,
    IReadOnlyList<PartitionBody> Partitions
);

/// <summary>A partition of an endpoint's topic.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Here">Whether the host that answers reads it.</param>
/// <param name="NextOffset">Offset of the next message that the endpoint takes.</param>
/// <param name="EndOffset">Offset of the next message that the log gets.</param>
/// <param name="Lag">How many lie between.</param>
internal sealed record PartitionBody(int Partition, bool Here, long NextOffset, long EndOffset, long Lag);
