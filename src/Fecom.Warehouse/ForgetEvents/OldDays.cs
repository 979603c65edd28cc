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
            "received_at < @before",
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
            """
            select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
            where i.inhparent = 'bronze.event'::regclass and relname ~ '^event_[0-9]{8}$' and relname < @end
                and not exists (select from bronze.event_batch b where c.relname = 'event_' || to_char(b.day, 'YYYYMMDD'))
                and not exists (select from lake.pending_batch b where c.relname = 'event_' || to_char(b.day, 'YYYYMMDD'))
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

        // What came between the look and the lock.
        if (await HasYoungAsync(connection, partition, before, cancellationToken))
        {
            return false;
        }

        await using NpgsqlCommand drop = new($"drop table bronze.{partition}", connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
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
