using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>Puts a sink where another one stands: its store has been built from what that one has written.</summary>
public static class SinkPositions
{
    /// <summary>Keeps the sink from moving until the connection's transaction ends.</summary>
    public static async Task HoldAsync(NpgsqlConnection connection, string sink, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            "select from platform.sink_partition where sink = $1 for update",
            connection
        )
        {
            Parameters = { new() { Value = sink } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether a sink has yet to take something of their topic that another one has taken.</summary>
    public static async Task<bool> IsBehindAsync(
        NpgsqlConnection connection,
        string sink,
        string other,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            """
            select exists (
                select from platform.sink_partition s join platform.sink_partition o using (partition, cluster)
                where s.sink = $1 and o.sink = $2 and s.partition < $3 and s.next_offset < o.next_offset)
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = sink },
                new() { Value = other },
                new() { Value = TopicEndpointDefinition.FirstResendLane },
            },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Gives a sink the offsets and positions that another one of the same topic has, inside the caller's transaction; hosts that work on it read them again.</summary>
    /// <param name="connection">Inside the transaction.</param>
    /// <param name="from">The sink that is copied.</param>
    /// <param name="to">The sink that gets its offsets and positions.</param>
    /// <param name="versions">By how many the version of each partition goes up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task CopyAsync(
        NpgsqlConnection connection,
        string from,
        string to,
        long versions,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    insert into platform.sink_partition as s (sink, partition, cluster, next_offset, version)
                    select $2, partition, cluster, next_offset, $3 from platform.sink_partition where sink = $1
                    on conflict (sink, partition) do update
                    set cluster = excluded.cluster, next_offset = excluded.next_offset, version = s.version + excluded.version
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = from },
                        new() { Value = to },
                        new() { Value = versions },
                    },
                },
                new("delete from platform.sink_source where sink = $1") { Parameters = { new() { Value = to } } },
                new(
                    """
                    insert into platform.sink_source (sink, partition, source, position)
                    select $2, partition, source, position from platform.sink_source where sink = $1
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = from },
                        new() { Value = to },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
