using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Counts the logs that a topic has had. Offsets belong to a log: in one that was made anew, a low offset is a new message, although
/// there is a higher one on record.
/// </summary>
internal sealed class TopicLogs(NpgsqlDataSource database)
{
    /// <summary>The generation of each topic; one that has another id than before is a new one.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ids">Kafka's id of each topic.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, int>> ReadAsync(string cluster, IReadOnlyDictionary<string, string> ids, CancellationToken cancellationToken)
    {
        string[] topics = [.. ids.Keys.Order(StringComparer.Ordinal)];
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into platform.topic_log as t (cluster, topic, topic_id, generation) select $1, n.*, 1 from unnest($2, $3) as n
            on conflict (cluster, topic) do update
            set topic_id = excluded.topic_id, generation = t.generation + (t.topic_id <> '' and t.topic_id <> excluded.topic_id)::int
            returning topic, generation
            """
        );
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = topics });
        command.Parameters.Add(new() { Value = topics.Select(topic => ids[topic]).ToArray() });
        Dictionary<string, int> generations = new(StringComparer.Ordinal);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            generations.Add(reader.GetString(0), reader.GetInt32(1));
        }

        return generations;
    }

    /// <summary>Begins the generation after <paramref name="last"/>, unless another host has.</summary>
    /// <returns>The generation now.</returns>
    public async Task<int> NextAsync(string cluster, string topic, int last, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into platform.topic_log as t (cluster, topic, topic_id, generation) values ($1, $2, '', $3 + 1)
            on conflict (cluster, topic) do update set generation = greatest(t.generation, excluded.generation)
            returning generation
            """
        );
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = last });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
