using Npgsql;
using NpgsqlTypes;

namespace Fecom.Platform.Messaging;

/// <summary>The ledger's SQL.</summary>
internal sealed class SinkLedgerTable(NpgsqlDataSource database, string sink)
{
    public async Task<List<SinkPartition>> LoadAsync(
        string log,
        IReadOnlyCollection<int> partitions,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand insert = Command(
            connection,
            """
            insert into platform.sink_partition (sink, partition, cluster, next_offset, version)
            select $1, unnest($2), '', 0, 0 on conflict do nothing
            """,
            partitions
        );
        await insert.ExecuteNonQueryAsync(cancellationToken);
        Dictionary<int, Dictionary<string, long>> sources = partitions.ToDictionary(
            partition => partition,
            _ => new Dictionary<string, long>(StringComparer.Ordinal)
        );
        Dictionary<int, long> readBefore = [];
        List<SinkPartition> loaded = [];
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            cancellationToken
        );
        await using (
            NpgsqlCommand select = Command(
                connection,
                "select partition, source, position from platform.sink_source where sink = $1 and partition = any($2)",
                partitions
            )
        )
        await using (NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                sources[reader.GetInt32(0)][reader.GetString(1)] = reader.GetInt64(2);
            }
        }

        await using (
            NpgsqlCommand select = Command(
                connection,
                "select partition, max(from_offset) from platform.offset_move where endpoint = $1 and partition = any($2) and cluster = $3 and from_offset > to_offset group by partition",
                partitions
            )
        )
        {
            select.Parameters.Add(new() { Value = log });
            await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                readBefore[reader.GetInt32(0)] = reader.GetInt64(1);
            }
        }

        await using (
            NpgsqlCommand select = Command(
                connection,
                "select partition, cluster, next_offset, version from platform.sink_partition where sink = $1 and partition = any($2)",
                partitions
            )
        )
        await using (NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                int partition = reader.GetInt32(0);
                loaded.Add(
                    new(
                        partition,
                        reader.GetString(1),
                        reader.GetInt64(2),
                        reader.GetInt64(3),
                        sources[partition],
                        readBefore.GetValueOrDefault(partition)
                    )
                );
            }
        }

        return loaded;
    }

    /// <summary>Advances the rows, except one that has another version than this host has loaded.</summary>
    public SinkAdvance Advance(string cluster, IReadOnlyCollection<SinkPartition> changes)
    {
        NpgsqlBatchCommand partitions = new(
            """
            update platform.sink_partition s
            set cluster = $2, next_offset = c.next_offset, version = c.version
            from unnest($3, $4, $5) as c (partition, next_offset, version)
            where s.sink = $1 and s.partition = c.partition and s.version = c.version - 1
            """
        );
        partitions.Parameters.Add(new() { Value = sink });
        partitions.Parameters.Add(new() { Value = cluster });
        partitions.Parameters.Add(new() { Value = changes.Select(change => change.Number).ToArray() });
        partitions.Parameters.Add(new() { Value = changes.Select(change => change.NextOffset).ToArray() });
        partitions.Parameters.Add(new() { Value = changes.Select(change => change.Version).ToArray() });
        (int Partition, string Source, long Position)[] moved =
        [
            .. changes.SelectMany(change => change.Moved.Select(source => (change.Number, source.Key, source.Value))),
        ];
        NpgsqlBatchCommand sources = new(
            """
            insert into platform.sink_source (sink, partition, source, position)
            select $1, * from unnest($2, $3, $4)
            on conflict (sink, partition, source) do update set position = excluded.position, moved_at = now()
            """
        );
        sources.Parameters.Add(new() { Value = sink });
        sources.Parameters.Add(new() { Value = moved.Select(source => source.Partition).ToArray() });
        sources.Parameters.Add(new() { Value = moved.Select(source => source.Source).ToArray() });
        sources.Parameters.Add(new() { Value = moved.Select(source => source.Position).ToArray() });
        return new SinkAdvance(partitions, sources, changes.Count);
    }

    /// <summary>Moves to another offset, and records in the same transaction that the move was applied.</summary>
    /// <returns>False when the row has another version than this host has loaded.</returns>
    public async Task<bool> MoveAsync(
        string log,
        SinkPartition partition,
        SinkMove move,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlCommand advance = new(
            """
            update platform.sink_partition set cluster = $3, next_offset = $4, version = version + 1
            where sink = $1 and partition = $2 and version = $5
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = sink },
                new() { Value = partition.Number },
                new() { Value = log },
                new() { Value = move.ToOffset },
                new() { Value = partition.Version },
            },
        };
        if (await advance.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await using NpgsqlCommand note = new(
            "update platform.offset_move set applied_at = $2, from_offset = $3 where id = $1",
            connection
        )
        {
            Parameters =
            {
                new() { Value = move.Request },
                new() { Value = now },
                new() { Value = partition.OffsetIn(log) },
            },
        };
        await note.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql, IReadOnlyCollection<int> partitions) =>
        new(sql, connection)
        {
            Parameters =
            {
                new() { Value = sink },
                new() { Value = partitions.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
            },
        };
}
