using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.QueryGold;

/// <summary>Runs one statement that somebody wrote, within the limits of the settings, and reads its rows.</summary>
/// <remarks>
/// The statement is opened as a cursor in a transaction that only reads and is never committed. PostgreSQL's grammar lets a cursor be
/// nothing but a query: no second statement, no COMMIT, SET, COPY or DO. Npgsql sends a command of a batch as one statement.
/// </remarks>
internal sealed class GoldQuery(QueryLogin login, IOptions<QueryOptions> options, TimeProvider time)
{
    private const string Declare = "declare answer no scroll cursor for ";

    /// <summary>PostgreSQL ends a query by itself; should it not, the host ends it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Runs a query.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancellationToken">The caller has gone: the query ends in PostgreSQL too.</param>
    /// <exception cref="QueryFaultException">The statement cannot be run, may not do what it does, or takes too long.</exception>
    /// <exception cref="QueryLoginException">There is no role to run it in.</exception>
    public async Task<QueryAnswer> RunAsync(string sql, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await login.OpenAsync(cancellationToken);
        long began = time.GetTimestamp();
        using CancellationTokenSource end = new(TimeSpan.FromSeconds(options.Value.MaxSeconds) + Grace, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            end.Token
        );
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(stop.Token);
            await LimitAsync(connection, stop.Token);
            await DeclareAsync(connection, sql, stop.Token);
            QueryRows rows = new(connection, limit, options.Value.MaxKibibytes * 1_024);
            return await rows.ReadAsync(() => time.GetElapsedTime(began), stop.Token);
        }
        catch (PostgresException e) when (IsOfStatement(e))
        {
            throw Fault(sql, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new QueryFaultException(TooLong(), PostgresErrorCodes.QueryCanceled, null, e);
        }
    }

    /// <summary>What a statement changes of these by set_config holds for a later one of its transaction, of which there is none.</summary>
    private async Task LimitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                set transaction read only;
                set local statement_timeout = '{options.Value.MaxSeconds}s';
                set local max_parallel_workers_per_gather = 0;
                set local search_path = gold;
                set local datestyle = 'ISO';
                set local timezone = 'UTC'
                """
            ),
            connection
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task DeclareAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection) { BatchCommands = { new(Declare + sql) } };
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NotSupportedException e)
        {
            // What Npgsql says of a semicolon with something behind it.
            throw new QueryFaultException(
                "One statement at a time: there is something behind a semicolon.",
                PostgresErrorCodes.SyntaxError,
                null,
                e
            );
        }
    }

    /// <summary>Whether the statement is at fault, and not the server: its connection (08), its shutdown (57P), its disks (58), a bug of it (XX).</summary>
    private static bool IsOfStatement(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.QueryCanceled
        || !(
            e.SqlState.StartsWith("08", StringComparison.Ordinal)
            || e.SqlState.StartsWith("57", StringComparison.Ordinal)
            || e.SqlState.StartsWith("58", StringComparison.Ordinal)
            || e.SqlState.StartsWith("XX", StringComparison.Ordinal)
        );

    private QueryFaultException Fault(string sql, PostgresException e) =>
        e.SqlState == PostgresErrorCodes.QueryCanceled
            ? new QueryFaultException(TooLong(), e.SqlState, null, e)
            : new QueryFaultException(
                string.Join(". ", new[] { e.MessageText, e.Detail, e.Hint }.OfType<string>().Select(Sentence)) + ".",
                e.SqlState,
                Place(sql, e.Position - Declare.Length),
                e
            );

    private string TooLong() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"The query took longer than {options.Value.MaxSeconds} s, which is what one may take (Warehouse:Query:MaxSeconds)."
        );

    private static string Sentence(string text) => text.TrimEnd('.', ' ');

    /// <summary>PostgreSQL counts characters from 1, of what it was sent.</summary>
    internal static QueryPlace? Place(string sql, int position)
    {
        if (position < 1)
        {
            return null;
        }

        int line = 1;
        int column = 1;
        foreach (Rune letter in sql.EnumerateRunes().Take(position - 1))
        {
            (line, column) = letter.Value == '\n' ? (line + 1, 1) : (line, column + 1);
        }

        return new QueryPlace(position, line, column);
    }
}

/// <summary>A place in a statement.</summary>
/// <param name="Position">Its character, from 1.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character of the line, from 1.</param>
internal sealed record QueryPlace(int Position, int Line, int Column);

/// <summary>The statement is at fault.</summary>
/// <param name="message">What PostgreSQL says.</param>
/// <param name="sqlState">Its code of the error.</param>
/// <param name="place">Where in the statement; null when it does not say.</param>
/// <param name="inner">As it came.</param>
internal sealed class QueryFaultException(string message, string sqlState, QueryPlace? place, Exception inner)
    : Exception(message, inner)
{
    public string SqlState => sqlState;

    public QueryPlace? Place => place;
}
