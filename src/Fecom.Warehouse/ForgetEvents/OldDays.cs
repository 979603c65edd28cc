using System.Globalization;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.ForgetEvents;

/// <summary>
/// The days of bronze that are old. A day is as old as the event of it that was received last: history that was loaded this
/// year is of this year, however long ago it happened.
/// </summary>
internal sealed class OldDays(NpgsqlDataSource database)
{
    /// <summary>Drops the partitions, and deletes what lies among the days without one; whoever writes waits for a second at most.</summary>
    /// <param name="before">What was received since then stays, UTC.</param>
    /// <param name="cancellationToken">Gives up after the partition at hand.</param>
    /// <exception cref="TimeoutException">Partitions are in use for long, as by a training: nothing of them is dropped. To be tried again.</exception>
    public async Task<ForgottenDays> ForgetAsync(DateTime before, CancellationToken cancellationToken)
    {
        int dropped = 0;
        List<string> used = [];
        foreach (string partition in await PartitionsAsync(before, cancellationToken))
        {
            switch (await TryDropAsync(partition, before, cancellationToken))
            {
                case true:
                    dropped++;
                    break;
                case null:
                    used.Add(partition);
                    break;
            }
        }

        long others = await PiecewiseDelete.RunAsync(
            database,
            "bronze.event_other_days",
            $"received_at < @before and not {Pending("b.batch = event_other_days.batch and b.day = (event_other_days.event_time at time zone 'UTC')::date")}",
            before,
            cancellationToken
        );
        return used.Count == 0
            ? new ForgottenDays(dropped, others)
            : throw new TimeoutException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Dropped {dropped} days of bronze; {used.Count} more are in use, such as bronze.{used[0]}, and are tried again later."
                )
            );
    }

    /// <summary>
    /// Partitions of days that ended before, oldest first: those whose events may all have been received before. A day of which
    /// silver or the lake has yet to take something stays.
    /// </summary>
    private Task<IReadOnlyList<string>> PartitionsAsync(DateTime before, CancellationToken cancellationToken) =>
        database.QueryAsync<string>(
            $$"""
            select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
            where i.inhparent = 'bronze.event'::regclass and relname ~ '^event_[0-9]{8}$' and relname < @end
                and not {{Pending("c.relname = 'event_' || to_char(b.day, 'YYYYMMDD')")}}
            order by relname
            """,
            new { end = string.Create(CultureInfo.InvariantCulture, $"event_{before:yyyyMMdd}") },
            cancellationToken
        );

    /// <returns>Whether it was dropped, because all of it is old; null when somebody uses it.</returns>
    private async Task<bool?> TryDropAsync(string partition, DateTime before, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        if (await HasYoungAsync(connection, partition, before, cancellationToken))
        {
            return false;
        }

        // Who waits for the lock holds up all who come after: a writer is not to wait for a reader that takes minutes.
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using NpgsqlCommand take = new(
                $"set local lock_timeout = '1s'; lock table only bronze.event in access exclusive mode; lock table bronze.{partition} in access exclusive mode",
                connection
            );
            await take.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return null;
        }

        // What came between the look and the lock, such as events that were put back from the lake.
        if (
            await HasYoungAsync(connection, partition, before, cancellationToken)
            || await IsPendingAsync(connection, partition, cancellationToken)
        )
        {
            return false;
        }

        await using NpgsqlCommand drop = new($"drop table bronze.{partition}", connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>SQL: whether silver or the lake has yet to take something.</summary>
    /// <param name="which">Condition of a batch <c>b</c>, with its number and day.</param>
    private static string Pending(string which) =>
        $"(exists (select from bronze.event_batch b where {which}) or exists (select from lake.pending_batch b where {which}))";

    private static async Task<bool> IsPendingAsync(
        NpgsqlConnection connection,
        string partition,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            $"select {Pending("'event_' || to_char(b.day, 'YYYYMMDD') = $1")}",
            connection
        )
        {
            Parameters = { new() { Value = partition } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> HasYoungAsync(
        NpgsqlConnection connection,
        string partition,
        DateTime before,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            $"select exists (select from bronze.{partition} where received_at >= $1)",
            connection
        )
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = before } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
