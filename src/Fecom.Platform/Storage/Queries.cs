using Dapper;
using Npgsql;

namespace Fecom.Platform.Storage;

/// <summary>
/// SQL through Dapper, for HTTP calls, jobs and timers: parameters by name, rows into types by the names of their
/// columns or, for tuples, by their place. What runs for each batch of events (COPY, the sinks' statements in their
/// transactions) uses Npgsql itself, where nothing is mapped.
/// </summary>
public static class Queries
{
    /// <summary>Every row.</summary>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(
        this NpgsqlDataSource database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken,
        TimeSpan? timeout = null
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<T>(Command(sql, parameters, cancellationToken, timeout))).AsList();
    }

    /// <summary>The one row that there is.</summary>
    public static async Task<T> ReadAsync<T>(
        this NpgsqlDataSource database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken,
        TimeSpan? timeout = null
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<T>(Command(sql, parameters, cancellationToken, timeout));
    }

    /// <summary>The first row, or the type's default value when there is none.</summary>
    public static async Task<T?> FindAsync<T>(
        this NpgsqlDataSource database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<T>(Command(sql, parameters, cancellationToken, null));
    }

    /// <summary>Changes rows; several statements are one transaction.</summary>
    /// <returns>Rows that were changed.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlDataSource database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(sql, parameters, cancellationToken, null));
    }

    private static CommandDefinition Command(
        string sql,
        object? parameters,
        CancellationToken cancellationToken,
        TimeSpan? timeout
    ) =>
        new(
            sql,
            parameters,
            commandTimeout: timeout is { } limit ? (int)limit.TotalSeconds : null,
            cancellationToken: cancellationToken
        );
}
