using System.Globalization;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.ForgetEvents;

/// <summary>The months of <c>bronze.table_change</c> that are old. Silver keeps the rows that were made of them.</summary>
internal sealed class OldMonths(NpgsqlDataSource database)
{
    /// <summary>Drops the partitions that ended before a time and of which silver has everything; whoever writes waits for a second at most.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="TimeoutException">One is in use for long: it stays. To be tried again.</exception>
    public async Task<int> ForgetAsync(DateTime before, CancellationToken cancellationToken)
    {
        int dropped = 0;
        string? used = null;
        foreach (string partition in await PartitionsAsync(before, cancellationToken))
        {
            switch (await TryDropAsync(partition, cancellationToken))
            {
                case true:
                    dropped++;
                    break;
                case null:
                    used ??= partition;
                    break;
            }
        }

        return used is null
            ? dropped
            : throw new TimeoutException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Dropped {dropped} months of bronze.table_change; bronze.{used} is in use, and is tried again later."
                )
            );
    }

    private Task<IReadOnlyList<string>> PartitionsAsync(DateTime before, CancellationToken cancellationToken) =>
        database.QueryAsync<string>(
            """
            select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
            where i.inhparent = 'bronze.table_change'::regclass and relname ~ '^table_change_[0-9]{6}$' and relname < @end
            order by relname
            """,
            new { end = string.Create(CultureInfo.InvariantCulture, $"table_change_{before:yyyyMM}") },
            cancellationToken
        );

    /// <returns>Whether it was dropped; null when somebody uses it.</returns>
    private async Task<bool?> TryDropAsync(string partition, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using NpgsqlCommand take = new(
                $"""
                set local lock_timeout = '1s';
                lock table only bronze.table_change in access exclusive mode;
                lock table bronze.{partition} in access exclusive mode;
                select exists (select from bronze.change_batch b where exists (select from bronze.{partition} c where c.batch = b.batch))
                """,
                connection
            );
            if ((bool)(await take.ExecuteScalarAsync(cancellationToken))!)
            {
                return false;
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return null;
        }

        await using NpgsqlCommand drop = new($"drop table bronze.{partition}", connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
