using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Platform.Hosts;

/// <summary>
/// PostgreSQL's advisory locks, held by a connection. Uses Npgsql itself: Dapper opens a connection again that it finds closed,
/// and the new one would answer as if it still held the lock.
/// </summary>
internal static class AdvisoryLock
{
    public static async Task<bool> TryTakeAsync(
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
            Abandon(connection);
            throw;
        }
    }

    /// <summary>Fails when the connection is broken, and the lock with it.</summary>
    public static async Task ProbeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select 1", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Has a connection closed, and not kept, when it goes back to its pool: it may hold a lock that it could not give back.</summary>
    public static void Abandon(NpgsqlConnection connection) => NpgsqlConnection.ClearPool(connection);

    /// <summary>A connection that goes back to its pool keeps its locks, so a lock is given back by hand.</summary>
    public static async Task ReleaseAsync(NpgsqlConnection connection, long key)
    {
        try
        {
            await using NpgsqlCommand command = new("select pg_advisory_unlock($1)", connection)
            {
                Parameters = { new() { Value = key } },
            };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (Outage.Is(e) || e is InvalidOperationException)
        {
            // It is broken, and the lock with it, or did not answer in time.
            Abandon(connection);
        }
    }
}

/// <summary>The platform's advisory locks.</summary>
internal static class LockKeys
{
    public const long EmbeddedKafka = 0x6665_636f_6d03;
    public const long ResendDeadLetters = 0x6665_636f_6d04;
}
