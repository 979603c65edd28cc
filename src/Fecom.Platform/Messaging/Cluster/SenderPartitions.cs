using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Over how many partitions of a topic the hosts of this installation spread their messages. Partitions that somebody adds later
/// are read and not written: a message that is sent again after a crash must meet the partition that it went to first, as the sinks
/// know it there.
/// </summary>
internal sealed class SenderPartitions(NpgsqlDataSource database)
{
    /// <param name="cluster">The cluster.</param>
    /// <param name="actual">The partitions that each topic has. One that was made again with fewer is spread over these.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, int>> ReadAsync(string cluster, IReadOnlyDictionary<string, int> actual, CancellationToken cancellationToken)
    {
        string[] topics = [.. actual.Keys.Order(StringComparer.Ordinal)];
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into platform.topic_partitions as t (cluster, topic, partitions) select $1, * from unnest($2, $3)
            on conflict (cluster, topic) do update set partitions = least(t.partitions, excluded.partitions)
            returning topic, partitions
            """
        );
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = topics });
        command.Parameters.Add(new() { Value = topics.Select(topic => actual[topic]).ToArray() });
        Dictionary<string, int> partitions = new(StringComparer.Ordinal);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            partitions.Add(reader.GetString(0), reader.GetInt32(1));
        }

        return partitions;
    }
}
