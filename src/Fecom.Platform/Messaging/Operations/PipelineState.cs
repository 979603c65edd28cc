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
    DeadLetterTable letters
)
{
    /// <summary>Maximum time that one call waits for Kafka, for all topics together.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public async Task<PipelineBody> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> open = await letters.OpenAsync(cancellationToken);
        EndpointStatus[] shown = [.. statuses.All.Where(status => !status.Definition.Broadcast)];
        Reading reading = await LookAsync(shown, cancellationToken);
        List<EndpointBody> bodies = [];
        foreach (EndpointStatus status in shown)
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

    private async Task<Reading> LookAsync(EndpointStatus[] shown, CancellationToken cancellationToken)
    {
        if (cluster.NotOpen is { } closed)
        {
            return new Reading(logs.Last) { Silent = closed };
        }

        string[] read = [.. shown.Select(status => status.Definition.Topic).Distinct(StringComparer.Ordinal)];
        (IReadOnlyDictionary<string, long[]> ends, string? silent) = await logs.LatestAsync(
            read,
            Timeout,
            cancellationToken
        );
        return new Reading(ends) { Silent = silent };
    }

    private async Task<EndpointBody> ReadAsync(
        EndpointStatus status,
        Reading reading,
        long openLetters,
        CancellationToken cancellationToken
    )
    {
        TopicEndpointDefinition endpoint = status.Definition;
        long[] ends =
            reading.Ends.GetValueOrDefault(endpoint.Topic)
            ?? new long[cluster.NotOpen is null ? cluster.Partitions(endpoint.Topic) : 0];
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

    /// <summary>One reading of all endpoints.</summary>
    private sealed class Reading(IReadOnlyDictionary<string, long[]> ends)
    {
        /// <summary>By topic; where Kafka did not tell, those of its last answer.</summary>
        public IReadOnlyDictionary<string, long[]> Ends => ends;

        /// <summary>Why Kafka does not tell; once there is one, it is not asked further.</summary>
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
