using Npgsql;

namespace Fecom.Warehouse.Slices;

/// <summary>
/// A step's work on one slice: it is there as a whole or not at all. Every command knows the slice's bounds as <c>@slice</c>,
/// <c>@first</c> and <c>@last</c> (batches), <c>@from</c> and <c>@to</c> (event times), and <c>@now</c>.
/// </summary>
internal sealed class SliceTransaction : IAsyncDisposable
{
    /// <summary>A run that has lost its turn may still be at work when another one begins: a step takes one slice at a time.</summary>
    private const int LockClass = 0x6665_6308;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly NpgsqlParameter[] _bounds;

    private SliceTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, NpgsqlParameter[] bounds) =>
        (_connection, _transaction, _bounds) = (connection, transaction, bounds);

    /// <summary>Waits for the steps at work, and holds up those that follow until the connection's transaction has ended.</summary>
    public static async Task HoldUpAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand hold = new(
            $"select pg_advisory_xact_lock({LockClass}, 1); select pg_advisory_xact_lock({LockClass}, 2)",
            connection
        )
        {
            CommandTimeout = 0,
        };
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="database">Where.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="state">How far it must be.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the slice is no longer so far: another run has taken it on.</returns>
    public static async Task<SliceTransaction?> BeginAsync(
        NpgsqlDataSource database,
        long slice,
        string state,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using NpgsqlCommand begin = new(
                // Compiling a statement takes longer than it saves. PostgreSQL has no statistics of a new slice and of temporary tables,
                // expects few rows, and would sort half a million of them to group or join them: hashing them takes half the time, and
                // should not go to disk.
                $"""
                set local jit = off;
                set local enable_mergejoin = off;
                set local enable_sort = off;
                set local work_mem = '128MB';
                select pg_advisory_xact_lock({LockClass}, case when @state = 'planned' then 1 else 2 end);
                select first_batch, last_batch, from_time, to_time from silver.slice where slice = @slice and state = @state
                """,
                connection
            )
            {
                CommandTimeout = 0,
                Parameters = { new("slice", slice), new("state", state) },
            };
            await using NpgsqlDataReader reader = await begin.ExecuteReaderAsync(cancellationToken);
            // The lock's answer comes first.
            await reader.NextResultAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                return new SliceTransaction(
                    connection,
                    transaction,
                    [
                        new("slice", slice),
                        new("first", reader.GetInt64(0)),
                        new("last", reader.GetInt64(1)),
                        new("from", reader.GetDateTime(2)),
                        new("to", reader.GetDateTime(3)),
                        new("now", now),
                    ]
                );
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Runs statements.</summary>
    /// <returns>Rows that were changed.</returns>
    public async Task<long> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(sql);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The first column of the first row.</summary>
    public async Task<T> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <exception cref="QualityException">Some rows fail the rule.</exception>
    public async Task CheckAsync(IEnumerable<QualityRule> rules, CancellationToken cancellationToken)
    {
        foreach (QualityRule rule in rules)
        {
            await using NpgsqlCommand command = Command(rule.Sql);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetInt64(0) is > 0 and var rows)
            {
                throw new QualityException(rule.Name, rows, $"{rule.Meaning}: {reader.GetString(1)}");
            }
        }
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private NpgsqlCommand Command(string sql)
    {
        NpgsqlCommand command = new(sql, _connection) { CommandTimeout = 0 };
        foreach (NpgsqlParameter bound in _bounds)
        {
            command.Parameters.Add(bound.Clone());
        }

        return command;
    }
}
