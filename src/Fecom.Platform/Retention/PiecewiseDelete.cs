using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>
/// Deletes old rows a range of blocks at a time, each range in a transaction of its own: nobody waits for longer than one
/// of them takes, and however many rows are deleted, each block is read once.
/// </summary>
public static class PiecewiseDelete
{
    /// <summary>Blocks of a range: 1,024 of 8 KiB are 8 MiB, some ten thousand rows.</summary>
    private const long Piece = 1_024;

    /// <param name="database">The database.</param>
    /// <param name="table">The table, with its schema, not partitioned; text of ours.</param>
    /// <param name="old">SQL condition of a row to delete; <c>@before</c> is <paramref name="before"/>.</param>
    /// <param name="before">Rows from before this time are deleted, UTC.</param>
    /// <param name="cancellationToken">Cancels; ranges that were committed stay deleted.</param>
    /// <returns>Rows deleted.</returns>
    public static async Task<long> RunAsync(
        NpgsqlDataSource database,
        string table,
        string old,
        DateTime before,
        CancellationToken cancellationToken
    )
    {
        // Blocks that are appended meanwhile have only new rows.
        long blocks = await database.ReadAsync<long>(
            $"select pg_relation_size('{table}') / current_setting('block_size')::bigint",
            null,
            cancellationToken
        );
        long deleted = 0;
        for (long first = 0; first < blocks; first += Piece)
        {
            deleted += await database.ExecuteAsync(
                $"delete from {table} where ctid >= format('(%s,0)', @first)::tid and ctid < format('(%s,0)', @end)::tid and ({old})",
                new
                {
                    before,
                    first,
                    end = first + Piece,
                },
                cancellationToken
            );
        }

        return deleted;
    }
}
