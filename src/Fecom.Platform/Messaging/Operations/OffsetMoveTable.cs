using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>The SQL of <c>platform.offset_move</c>.</summary>
internal sealed class OffsetMoveTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns =
        "id, endpoint, partition, to_offset as ToOffset, requested_at as RequestedAt, applied_at as AppliedAt, from_offset as FromOffset";

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    public Task<IReadOnlyList<OffsetMove>> AskAsync(
        string endpoint,
        string cluster,
        IReadOnlyDictionary<int, long> offsets,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<OffsetMove>(
            $"""
            insert into platform.offset_move (endpoint, cluster, partition, to_offset, requested_at)
            select @endpoint, @cluster, p, o, @now from unnest(@partitions, @to) as t (p, o)
            returning {Columns}{Notices.Sql(OffsetMoves.Asked)}
            """,
            new
            {
                endpoint,
                cluster,
                partitions = offsets.Keys.ToArray(),
                to = offsets.Values.ToArray(),
                now = Now,
            },
            cancellationToken
        );

    /// <summary>Moves that were requested and not applied yet, oldest request first.</summary>
    public Task<IReadOnlyList<OffsetMove>> WaitingAsync(string[] logs, CancellationToken cancellationToken) =>
        database.QueryAsync<OffsetMove>(
            $"select {Columns} from platform.offset_move where applied_at is null and cluster = any(@logs) order by id",
            new { logs },
            cancellationToken
        );

    /// <summary>An endpoint's moves below a number, the newest first.</summary>
    public Task<IReadOnlyList<OffsetMove>> LatestAsync(
        string endpoint,
        long before,
        int count,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<OffsetMove>(
            $"select {Columns} from platform.offset_move where endpoint = @endpoint and id < @before order by id desc limit @count",
            new
            {
                endpoint,
                before,
                count,
            },
            cancellationToken
        );

    /// <summary>Records that a move was applied.</summary>
    public Task ApplyAsync(OffsetMove move, long from, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update platform.offset_move set applied_at = @now, from_offset = @from where id = @Id",
            new
            {
                move.Id,
                now = Now,
                from,
            },
            cancellationToken
        );
}
