using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Platform.Hosts;

/// <summary>
/// PostgreSQL's advisory locks, held by a connection. Uses Npgsql itself, not Dapper: Dapper reopens a closed connection,
/// and the new session would answer as if it still held the lock.
/// </summary>
internal static class AdvisoryLock
{
    /// <summary>SQL condition on <c>pg_locks</c>: a lock that is held with the key <c>$1</c>, in this database.</summary>
    private const string IsOf = """
        locktype = 'advisory' and granted and objsubid = 1 and database = (select oid from pg_database where datname = current_database())
            and classid = (($1 >> 32) & 4294967295)::oid and objid = ($1 & 4294967295)::oid
        """;

    /// <param name="database">The pool that the connection is of.</param>
    /// <param name="connection">Holds the lock from then on.</param>
    /// <param name="key">The lock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<bool> TryTakeAsync(
        NpgsqlDataSource database,
        NpgsqlConnection connection,
        long key,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using NpgsqlCommand command = new("select pg_try_advisory_lock($1)", connection)
            {
                Parameters = { new() { Value = key } },
            };
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch
        {
            Abandon(database);
            throw;
        }
    }

    /// <summary>Fails when the connection is broken, and the lock with it.</summary>
    public static async Task ProbeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select 1", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether any session holds a lock.</summary>
    public static async Task<bool> IsHeldAsync(
        NpgsqlConnection connection,
        long key,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new($"select exists (select from pg_locks where {IsOf})", connection)
        {
            Parameters = { new() { Value = key } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Ends the session that holds a lock, unless it is the caller's own: of a host that hangs or is cut off.</summary>
    public static async Task TerminateHolderAsync(
        NpgsqlConnection connection,
        long key,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            $"select pg_terminate_backend(pid) from pg_locks where {IsOf} and pid <> pg_backend_pid()",
            connection
        )
        {
            Parameters = { new() { Value = key } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Has the connections that are open now closed when they go back to their pool: one may still hold a lock that could not be released.
    /// Npgsql has no way to close a single one.
    /// </summary>
    public static void Abandon(NpgsqlDataSource database) => database.Clear();

    /// <summary>
    /// Releases the lock, if the connection holds it. Needed because a connection that goes back to its pool keeps its
    /// session, and with it its locks.
    /// </summary>
    public static async Task ReleaseAsync(NpgsqlDataSource database, NpgsqlConnection connection, long key)
    {
        try
        {
            await using NpgsqlCommand command = new(
                $"select pg_advisory_unlock($1) from pg_locks where {IsOf} and pid = pg_backend_pid() limit 1",
                connection
            )
            {
                Parameters = { new() { Value = key } },
            };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (Outage.Is(e) || e is InvalidOperationException)
        {
            // The connection is broken, which released the lock, or it did not answer in time.
            Abandon(database);
        }
    }
}

/// <summary>The platform's advisory locks.</summary>
internal static class LockKeys
{
    public const long EmbeddedKafka = 0x6665_636f_6d03;
    public const long ResendDeadLetters = 0x6665_636f_6d04;
}
