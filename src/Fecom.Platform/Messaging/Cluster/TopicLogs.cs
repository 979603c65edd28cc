using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Numbers the logs (generations) of a topic. Offsets belong to a log: after a topic was recreated a low offset is a new message,
/// although a higher offset of the former log is stored.
/// </summary>
internal sealed class TopicLogs(NpgsqlDataSource database)
{
    /// <summary>The generation of each topic; it goes up when the topic's id has changed.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ids">Kafka's id of each topic.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, int>> ReadAsync(
        string cluster,
        IReadOnlyDictionary<string, string> ids,
        CancellationToken cancellationToken
    )
    {
        string[] topics = [.. ids.Keys.Order(StringComparer.Ordinal)];
        IReadOnlyList<(string Topic, int Generation)> generations = await database.QueryAsync<(string, int)>(
            """
            insert into platform.topic_log as t (cluster, topic, topic_id, generation) select @cluster, n.*, 1 from unnest(@topics, @topicIds) as n
            on conflict (cluster, topic) do update
            set topic_id = excluded.topic_id, generation = t.generation + (t.topic_id <> '' and t.topic_id <> excluded.topic_id)::int
            returning topic, generation
            """,
            new
            {
                cluster,
                topics,
                topicIds = topics.Select(topic => ids[topic]).ToArray(),
            },
            cancellationToken
        );
        return generations.ToDictionary(row => row.Topic, row => row.Generation, StringComparer.Ordinal);
    }

    /// <summary>Begins the generation after <paramref name="last"/>, unless another host has.</summary>
    /// <returns>The generation now.</returns>
    public Task<int> NextAsync(string cluster, string topic, int last, CancellationToken cancellationToken) =>
        database.ReadAsync<int>(
            """
            insert into platform.topic_log as t (cluster, topic, topic_id, generation) values (@cluster, @topic, '', @last + 1)
            on conflict (cluster, topic) do update set generation = greatest(t.generation, excluded.generation)
            returning generation
            """,
            new
            {
                cluster,
                topic,
                last,
            },
            cancellationToken
        );
}
