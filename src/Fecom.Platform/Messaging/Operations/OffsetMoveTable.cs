using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>The SQL of <c>platform.offset_move</c>.</summary>
internal sealed class OffsetMoveTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = "id, endpoint, partition, to_offset, requested_at, applied_at, from_offset";

    public async Task<IReadOnlyList<OffsetMove>> AskAsync(
        string endpoint,
        string cluster,
        IReadOnlyDictionary<int, long> offsets,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            insert into platform.offset_move (endpoint, cluster, partition, to_offset, requested_at)
            select $1, $2, p, o, $5 from unnest($3, $4) as t (p, o)
            returning {Columns}
            """
        );
        command.Parameters.Add(new() { Value = endpoint });
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = offsets.Keys.ToArray() });
        command.Parameters.Add(new() { Value = offsets.Values.ToArray() });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>What has been asked for and not made, in the order in which it was asked.</summary>
    public async Task<IReadOnlyList<OffsetMove>> WaitingAsync(string[] logs, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"select {Columns} from platform.offset_move where applied_at is null and cluster = any($1) order by id"
        );
        command.Parameters.Add(new() { Value = logs });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>An endpoint's newest moves first.</summary>
    public async Task<IReadOnlyList<OffsetMove>> LatestAsync(string endpoint, int count, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"select {Columns} from platform.offset_move where endpoint = $1 order by id desc limit $2"
        );
        command.Parameters.Add(new() { Value = endpoint });
        command.Parameters.Add(new() { Value = count });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Says that a move was made.</summary>
    public async Task ApplyAsync(OffsetMove move, long from, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "update platform.offset_move set applied_at = $2, from_offset = $3 where id = $1"
        );
        command.Parameters.Add(new() { Value = move.Id });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        command.Parameters.Add(new() { Value = from });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<OffsetMove>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<OffsetMove> moves = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            moves.Add(
                new(
                    reader.GetInt64(0),
                    reader.GetString(1),
                    reader.GetInt32(2),
                    reader.GetInt64(3),
                    reader.GetDateTime(4),
                    reader.IsDBNull(5) ? null : reader.GetDateTime(5),
                    reader.IsDBNull(6) ? null : reader.GetInt64(6)
                )
            );
        }

        return moves;
    }
}
