using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>
/// Deletes old rows some blocks of the table at a time, each piece in a transaction of its own: nobody waits for more than a
/// piece, and however many rows go, each block is read once.
/// </summary>
public static class PiecewiseDelete
{
    /// <summary>Blocks of a piece: 8 MiB, some ten thousand rows.</summary>
    private const long Piece = 1_024;

    /// <param name="database">Where.</param>
    /// <param name="table">The table, with its schema, not partitioned; text of ours.</param>
    /// <param name="old">SQL that is true of a row that may go; <c>@before</c> is <paramref name="before"/>.</param>
    /// <param name="before">What is older goes, UTC.</param>
    /// <param name="cancellationToken">Gives up after the piece at hand.</param>
    /// <returns>Rows deleted.</returns>
    public static async Task<long> RunAsync(
        NpgsqlDataSource database,
        string table,
        string old,
        DateTime before,
        CancellationToken cancellationToken
    )
    {
        // What comes behind this end meanwhile is new.
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
