using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Fecom.Platform.Messaging;

/// <summary>Reads from Kafka where every endpoint stands, those of other hosts too.</summary>
internal sealed class PipelineState(KafkaCluster cluster, ConsumerProgress progress, EndpointStatuses statuses, DeadLetterTable letters)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task<IReadOnlyList<EndpointBody>> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> open = await letters.OpenAsync(cancellationToken);
        EndpointStatus[] shown = [.. statuses.All.Where(status => !status.Definition.Broadcast)];
        try
        {
            using IAdminClient admin = new AdminClientBuilder(cluster.Reach(new AdminClientConfig())).SetLogHandler((_, _) => { }).Build();
            Dictionary<TopicPartition, long> ends = await EndsAsync(admin, shown.SelectMany(status => Places(status.Definition)).Distinct());
            List<EndpointBody> bodies = [];
            foreach (EndpointStatus status in shown)
            {
                bodies.Add(await ReadAsync(admin, status, ends, open.GetValueOrDefault(status.Definition.Name)));
            }

            return bodies;
        }
        catch (KafkaException e)
        {
            throw new TopicUnavailableException($"Kafka did not tell where the endpoints stand: {e.Error.Reason}", e);
        }
    }

    private IEnumerable<TopicPartition> Places(TopicEndpointDefinition endpoint) =>
        Enumerable.Range(0, cluster.Partitions(endpoint.Topic)).Select(partition => new TopicPartition(endpoint.Topic, partition));

    private static async Task<Dictionary<TopicPartition, long>> EndsAsync(IAdminClient admin, IEnumerable<TopicPartition> places)
    {
        ListOffsetsResult result = await admin.ListOffsetsAsync(
            places.Select(place => new TopicPartitionOffsetSpec { TopicPartition = place, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { RequestTimeout = Patience }
        );
        return result.ResultInfos.ToDictionary(
            info => info.TopicPartitionOffsetError.TopicPartition,
            info => info.TopicPartitionOffsetError.Offset.Value
        );
    }

    private async Task<EndpointBody> ReadAsync(
        IAdminClient admin,
        EndpointStatus status,
        Dictionary<TopicPartition, long> ends,
        long openLetters
    )
    {
        TopicEndpointDefinition endpoint = status.Definition;
        TopicPartition[] places = [.. Places(endpoint)];
        List<TopicPartition> elsewhere = [.. places.Where(place => !progress.IsHere(endpoint, place.Partition))];
        Dictionary<TopicPartition, long> committed = [];
        if (elsewhere.Count > 0)
        {
            List<ListConsumerGroupOffsetsResult> groups = await admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(endpoint.Group, elsewhere)],
                new ListConsumerGroupOffsetsOptions { RequestTimeout = Patience }
            );
            committed = groups
                .SelectMany(group => group.Partitions)
                .Where(offset => !offset.Error.IsError && offset.Offset >= 0)
                .ToDictionary(offset => offset.TopicPartition, offset => offset.Offset.Value);
        }

        PartitionBody[] partitions =
        [
            .. places.Select(place =>
            {
                bool here = progress.IsHere(endpoint, place.Partition);
                long next = here ? progress.Next(endpoint, place.Partition) : committed.GetValueOrDefault(place);
                return new PartitionBody(place.Partition, here, next, ends[place], Math.Max(0, ends[place] - next));
            }),
        ];
        return new EndpointBody(
            endpoint.Name,
            endpoint.Topic,
            status.Outage is null ? "running" : "waiting",
            status.Outage,
            partitions.Sum(partition => partition.Lag),
            Math.Round(status.MessagesPerSecond, 1),
            status.Messages,
            status.Batches,
            status.Retries,
            openLetters,
            partitions
        );
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
    IReadOnlyList<PartitionBody> Partitions
);

/// <summary>A partition of an endpoint's topic.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Here">Whether the host that answers reads it.</param>
/// <param name="NextOffset">Offset of the next message that the endpoint takes.</param>
/// <param name="EndOffset">Offset of the next message that the log gets.</param>
/// <param name="Lag">How many lie between.</param>
internal sealed record PartitionBody(int Partition, bool Here, long NextOffset, long EndOffset, long Lag);
