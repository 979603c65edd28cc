using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>The turn to change the lake's files: of all hosts of a database one at a time.</summary>
internal sealed class LakeTurn : IAsyncDisposable
{
    private const long LockKey = 0x6665_636f_6d0a;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private LakeTurn(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    /// <summary>Waits for it.</summary>
    public static async Task<LakeTurn> TakeAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using NpgsqlCommand take = new($"select pg_advisory_xact_lock({LockKey})", connection)
            {
                CommandTimeout = 0,
            };
            await take.ExecuteNonQueryAsync(cancellationToken);
            return new LakeTurn(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
