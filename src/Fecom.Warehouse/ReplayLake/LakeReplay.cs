using Fecom.Contracts;
using Fecom.Platform.ObjectStore;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.LoadBronze;
using Npgsql;

namespace Fecom.Warehouse.ReplayLake;

/// <summary>
/// Puts back into bronze what the lake has and bronze has not, an hour in a transaction. The rows get a number of their own as a
/// batch that was read again, so that silver takes those that it never had.
/// </summary>
internal sealed class LakeReplay(NpgsqlDataSource database, ILakeStore store, DayPartitions days)
{
    /// <param name="from">First event time, UTC.</param>
    /// <param name="to">End of event times, UTC; not among them.</param>
    /// <param name="report">Hears after each hour.</param>
    /// <param name="cancellationToken">Stops; hours that are done stay.</param>
    /// <returns>Events that the lake has of that time, and those that bronze had not.</returns>
    public async Task<(long Read, long Added)> RunAsync(
        DateTime from,
        DateTime to,
        Action<DateTime, long, long> report,
        CancellationToken cancellationToken
    )
    {
        SortedDictionary<DateTime, List<string>> hours = [];
        await foreach (string name in store.ListAsync(LakeNames.Events, cancellationToken))
        {
            if (LakeNames.Hour(name) is { } hour && hour < to && hour.AddHours(1) > from)
            {
                (hours.TryGetValue(hour, out List<string>? names) ? names : hours[hour] = []).Add(name);
            }
        }

        (long read, long added) = (0, 0);
        foreach ((DateTime hour, List<string> names) in hours)
        {
            names.Sort(StringComparer.Ordinal);
            DateOnly day = DateOnly.FromDateTime(hour);
            (long Read, long Added)? done = null;
            while (done is null)
            {
                await days.EnsureAsync([day], cancellationToken);
                done = await TryAddAsync(names, day, from, to, cancellationToken);
            }

            read += done.Value.Read;
            added += done.Value.Added;
            report(hour, read, added);
        }

        return (read, added);
    }

    /// <returns>Null when the day's partition was dropped meanwhile: then nothing is written.</returns>
    private async Task<(long Read, long Added)?> TryAddAsync(
        IReadOnlyList<string> names,
        DateOnly day,
        DateTime from,
        DateTime to,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await days.HoldAsync(connection, [day], cancellationToken);
        }
        catch (PartitionDroppedException)
        {
            return null;
        }

        await using (
            NpgsqlCommand create = new(
                "create temporary table lake_event (like bronze.event) on commit drop",
                connection
            )
        )
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(
            connection,
            EventBatches.ForgottenTable,
            cancellationToken
        );
        long read = await CopyAsync(
            connection,
            names,
            e => e.EventTime >= from && e.EventTime < to && !forgotten.Forgets(e.UserId, e.EventTime),
            cancellationToken
        );
        await using NpgsqlCommand add = new(Add, connection) { CommandTimeout = 0, Parameters = { new("day", day) } };
        long added = (long)(await add.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return (read, added);
    }

    private async Task<long> CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<string> names,
        Predicate<BehaviorEvent> isWanted,
        CancellationToken cancellationToken
    )
    {
        using LocalFolder local = new();
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(
            connection,
            $"copy lake_event ({BronzeRows.Columns}) from stdin (format binary)",
            cancellationToken
        );
        long read = 0;
        foreach (string name in names)
        {
            string file = local.File();
            // One that was merged into another since it was listed has its rows there.
            if (!await store.TryGetAsync(name, file, cancellationToken))
            {
                throw new ObjectStoreException(
                    $"{name} is gone since the lake was listed, as when small files are merged: begin again.",
                    new FileNotFoundException(name)
                );
            }

            await foreach (BehaviorEvent row in EventFileReader.ReadAsync(file, cancellationToken))
            {
                if (!isWanted(row))
                {
                    continue;
                }

                read++;
                BronzeRows.WriteRow(copy, row, batch: 0);
                if (copy.IsFull)
                {
                    await copy.FlushAsync(cancellationToken);
                }
            }

            File.Delete(file);
        }

        await copy.CompleteAsync(cancellationToken);
        return read;
    }

    private const string Add = """
        with number as materialized (select nextval('bronze.event_batch_number') as batch), added as (
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source, late, batch)
            select distinct on (l.event_time, l.event_id, l.source, l.position)
                l.event_time, l.received_at, l.validated_at, l.event_id, l.position, l.event_type, l.product_id, l.category_id,
                l.category_code, l.brand, l.price, l.user_id, l.user_session, l.source, l.late, n.batch
            from lake_event l, number n
            where not exists (
                select from bronze.event b
                where b.event_time = l.event_time and b.event_id = l.event_id and b.source = l.source and b.position = l.position
                    and b.event_time >= @day::timestamp at time zone 'UTC'
                    and b.event_time < (@day + 1)::timestamp at time zone 'UTC')
            returning batch
        ), noted as (
            insert into bronze.event_batch (batch, day, events, reread)
            select batch, @day, count(*), true from added group by batch
        )
        select count(*) from added
        """;
}
