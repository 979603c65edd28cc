using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Over how many partitions of a topic the hosts of this installation spread their messages. Partitions that were added later
/// are read and not written: a message that is resent after a crash must go to the same partition as before, because the sinks
/// recognise duplicates by partition.
/// </summary>
internal sealed class SenderPartitions(NpgsqlDataSource database)
{
    /// <param name="cluster">The cluster.</param>
    /// <param name="actual">The partitions that each topic has. A topic that was recreated with fewer is spread over those.</param>
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
