using Npgsql;

namespace Fecom.Warehouse.Slices;

/// <summary>
/// A step's work on one slice: it is there as a whole or not at all. Every command knows the slice's bounds as <c>@slice</c>,
/// <c>@first</c> and <c>@last</c> (batches), <c>@from</c> and <c>@to</c> (event times), and <c>@now</c>; work on the Fecom tables
/// has bounds of its own.
/// </summary>
internal sealed class SliceTransaction : IAsyncDisposable
{
    /// <summary>A run that has lost its turn may still be at work when another one begins: a step takes one slice at a time.</summary>
    private const int LockClass = 0x6665_6308;

    /// <summary>Bronze to silver.</summary>
    public const int ToSilver = 1;

    /// <summary>Silver to gold.</summary>
    public const int ToGold = 2;

    /// <summary>
    /// Shared by the slices that have begun to go to gold, from what they read of silver to their end, whether it is their turn yet or
    /// not: who has it alone finds none.
    /// </summary>
    private const int OnTheirWay = 3;

    /// <summary>
    /// PostgreSQL has no statistics of a new slice and of its temporary tables, expects few rows, and would sort half a million of them
    /// to group or join them: hashing them takes half the time. Where rows have to be sorted, as for a window, it would rather compare
    /// each with each: what needs that looks at its temporary tables by <c>analyze</c>, and goes without this.
    /// </summary>
    private const string WithoutStatistics = "set local enable_mergejoin = off; set local enable_sort = off";

    /// <summary>
    /// What is new is little beside what there is: a look by the index for each of its keys costs what is new, a scan costs the history.
    /// PostgreSQL takes it that each look reads from disk, and would rather scan.
    /// </summary>
    public const string ByKeys = "set local random_page_cost = 0.1";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private NpgsqlParameter[] _bounds;

    private SliceTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, NpgsqlParameter[] bounds) =>
        (_connection, _transaction, _bounds) = (connection, transaction, bounds);

    /// <summary>Waits for the steps at work, and holds up those that follow until the connection's transaction has ended.</summary>
    public static async Task HoldUpAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand hold = new(
            // In the order in which the steps take them.
            string.Join(';', ((int[])[OnTheirWay, ToSilver, ToGold]).Select(step => $"select {Lock(step)}")),
            connection
        )
        {
            CommandTimeout = 0,
        };
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Begins to take a slice from bronze to silver, when it is that step's turn.</summary>
    /// <returns>Null when the slice is in silver: another run has taken it on.</returns>
    public static Task<SliceTransaction?> BeginSilverAsync(
        NpgsqlDataSource database,
        long slice,
        DateTime now,
        CancellationToken cancellationToken
    ) => BeginAsync(database, Lock(ToSilver), slice, "planned", now, cancellationToken);

    /// <summary>
    /// Begins to take a slice from silver to gold, while another one may be at it. Until <see cref="TakeTurnAsync"/> it must neither
    /// depend on what gold has nor write a row that another slice writes.
    /// </summary>
    /// <returns>Null when the slice is in gold: another run has taken it on.</returns>
    public static Task<SliceTransaction?> BeginGoldAsync(
        NpgsqlDataSource database,
        long slice,
        DateTime now,
        CancellationToken cancellationToken
    ) =>
        BeginAsync(
            database,
            $"pg_advisory_xact_lock_shared({LockClass}, {OnTheirWay})",
            slice,
            "silver",
            now,
            cancellationToken
        );

    private static async Task<SliceTransaction?> BeginAsync(
        NpgsqlDataSource database,
        string takeLock,
        long slice,
        string state,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        SliceTransaction work = await BeginAsync(
            database,
            [takeLock],
            [new("slice", slice), new("state", state), new("now", now)],
            cancellationToken
        );
        try
        {
            if (await work.ReadBoundsAsync(cancellationToken))
            {
                await work.ExecuteAsync(WithoutStatistics, cancellationToken);
                return work;
            }
        }
        catch
        {
            await work.DisposeAsync();
            throw;
        }

        await work.DisposeAsync();
        return null;
    }

    /// <summary>Begins work that is bounded by other parameters than a slice's.</summary>
    /// <param name="database">Where.</param>
    /// <param name="steps">The steps that wait for it, in ascending order: <see cref="ToSilver"/>, <see cref="ToGold"/>.</param>
    /// <param name="bounds">What every command knows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<SliceTransaction> BeginAsync(
        NpgsqlDataSource database,
        int[] steps,
        NpgsqlParameter[] bounds,
        CancellationToken cancellationToken
    ) => BeginAsync(database, steps.Select(Lock), bounds, cancellationToken);

    private static string Lock(int step) => $"pg_advisory_xact_lock({LockClass}, {step})";

    private static async Task<SliceTransaction> BeginAsync(
        NpgsqlDataSource database,
        IEnumerable<string> locks,
        NpgsqlParameter[] bounds,
        CancellationToken cancellationToken
    )
    {
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using NpgsqlCommand begin = new(
                // Compiling a statement takes longer than it saves; hashing and sorting should not go to disk.
                $"""
                set local jit = off;
                set local work_mem = '128MB';
                {string.Concat(locks.Select(take => $"select {take};"))}
                """,
                connection
            )
            {
                CommandTimeout = 0,
            };
            await begin.ExecuteNonQueryAsync(cancellationToken);
            return new SliceTransaction(connection, transaction, bounds);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until no other slice changes gold, nor will until this one's transaction ends: what gold has is seen from then on.</summary>
    /// <returns>False when another run has brought the slice to gold meanwhile.</returns>
    public async Task<bool> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync($"select {Lock(ToGold)}", cancellationToken);
        return await ReadAsync<bool>(
            "select exists (select from silver.slice where slice = @slice and state = @state)",
            cancellationToken
        );
    }

    private async Task<bool> ReadBoundsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            "select first_batch, last_batch, from_time, to_time from silver.slice where slice = @slice and state = @state"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return false;
        }

        _bounds =
        [
            .. _bounds,
            new("first", reader.GetInt64(0)),
            new("last", reader.GetInt64(1)),
            new("from", reader.GetDateTime(2)),
            new("to", reader.GetDateTime(3)),
        ];
        return true;
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
