using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Reads from Kafka where every endpoint stands, those of other hosts too.</summary>
internal sealed class PipelineState(
    LogEnds logs,
    GroupOffsets groups,
    ConsumerProgress progress,
    EndpointStatuses statuses,
    DeadLetterTable letters
)
{
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task<IReadOnlyList<EndpointBody>> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> open = await letters.OpenAsync(cancellationToken);
        Dictionary<string, long[]> ends = new(StringComparer.Ordinal);
        List<EndpointBody> bodies = [];
        foreach (EndpointStatus status in statuses.All.Where(status => !status.Definition.Broadcast))
        {
            string topic = status.Definition.Topic;
            if (!ends.TryGetValue(topic, out long[]? its))
            {
                its = await logs.OfAsync(topic, cancellationToken);
                ends.Add(topic, its);
            }

            bodies.Add(await ReadAsync(status, its, open.GetValueOrDefault(status.Definition.Name), cancellationToken));
        }

        return bodies;
    }

    private async Task<EndpointBody> ReadAsync(EndpointStatus status, long[] ends, long openLetters, CancellationToken cancellationToken)
    {
        TopicEndpointDefinition endpoint = status.Definition;
        Dictionary<int, long> elsewhere = await ElsewhereAsync(endpoint, ends.Length, cancellationToken);
        PartitionBody[] partitions =
        [
            .. ends.Select(
                (end, partition) =>
                {
                    bool here = progress.IsHere(endpoint, partition);
                    long next = here ? progress.Next(endpoint, partition) : elsewhere.GetValueOrDefault(partition);
                    return new PartitionBody(partition, here, next, end, Math.Max(0, end - next));
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
            status.Gone,
            partitions
        );
    }

    private async Task<Dictionary<int, long>> ElsewhereAsync(TopicEndpointDefinition endpoint, int partitions, CancellationToken cancellationToken)
    {
        TopicPartition[] places =
        [
            .. Enumerable
                .Range(0, partitions)
                .Where(partition => !progress.IsHere(endpoint, partition))
                .Select(partition => new TopicPartition(endpoint.Topic, partition)),
        ];
        try
        {
            return places.Length == 0
                ? []
                : (await groups.CommittedAsync(endpoint.Group, places, cancellationToken)).ToDictionary(
                    offset => offset.Partition.Value,
                    offset => offset.Offset.Value
                );
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell where {endpoint.Name} stands: {e.Error.Reason}", e);
        }
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
/// <param name="DeadLetters">Messages given up, on any host, that have not been replayed yet.</param>
/// <param name="Gone">Records that retention, or somebody, removed from the log before this host read them, since its start.</param>
/// <param name="Partitions">Partition by partition.</param>
internal sealed record EndpointBody(
    string Name,
    string Topic,
    string State,
    string? Reason,
    long Lag,
    double MessagesPerSecond,
    long Messages,
    long Batches,
    long Retries,
    long DeadLetters,
    long Gone,
    IReadOnlyList<PartitionBody> Partitions
);

/// <summary>A partition of an endpoint's topic.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Here">Whether the host that answers reads it.</param>
/// <param name="NextOffset">Offset of the next message that the endpoint takes.</param>
/// <param name="EndOffset">Offset of the next message that the log gets.</param>
/// <param name="Lag">How many lie between.</param>
internal sealed record PartitionBody(int Partition, bool Here, long NextOffset, long EndOffset, long Lag);
