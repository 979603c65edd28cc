using Fecom.Platform.Storage;
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
    public async Task<IReadOnlyDictionary<string, int>> ReadAsync(
        string cluster,
        IReadOnlyDictionary<string, int> actual,
        CancellationToken cancellationToken
    )
    {
        string[] topics = [.. actual.Keys.Order(StringComparer.Ordinal)];
        IReadOnlyList<(string Topic, int Partitions)> partitions = await database.QueryAsync<(string, int)>(
            """
            insert into platform.topic_partitions as t (cluster, topic, partitions) select @cluster, * from unnest(@topics, @counts)
            on conflict (cluster, topic) do update set partitions = least(t.partitions, excluded.partitions)
            returning topic, partitions
            """,
            new
            {
                cluster,
                topics,
                counts = topics.Select(topic => actual[topic]).ToArray(),
            },
            cancellationToken
        );
        return partitions.ToDictionary(row => row.Topic, row => row.Partitions, StringComparer.Ordinal);
    }
}
