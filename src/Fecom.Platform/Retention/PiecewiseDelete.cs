using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>Deletes old rows some thousand at a time, each piece in a transaction of its own.</summary>
public static class PiecewiseDelete
{
    private const int Piece = 20_000;

    /// <param name="database">Where.</param>
    /// <param name="table">The table, with its schema; text of ours.</param>
    /// <param name="old">SQL that is true of a row that may go; <c>@before</c> is <paramref name="before"/>.</param>
    /// <param name="before">What is older goes, UTC.</param>
    /// <param name="cancellationToken">Gives up after the piece at hand.</param>
    /// <returns>Rows deleted.</returns>
    public static async Task<long> RunAsync(NpgsqlDataSource database, string table, string old, DateTime before, CancellationToken cancellationToken)
    {
        long deleted = 0;
        int piece;
        do
        {
            piece = await database.ExecuteAsync(
                $"delete from {table} where ctid = any(array(select ctid from {table} where {old} limit @Piece)) and {old}",
                new { before, Piece },
                cancellationToken
            );
            deleted += piece;
        } while (piece == Piece);

        return deleted;
    }
}
