using Fecom.Contracts;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>
/// Brings what is new in bronze to the lake, slice by slice, an hour of event time to a file. Names, and which rows belong to
/// them, are written down before the first byte: what was cut off is written again, over what is there.
/// </summary>
internal sealed class LakeWriter(
    NpgsqlDataSource database,
    ILakeStore store,
    LakeWriterClaim claim,
    IOptions<LakeOptions> options,
    TimeProvider time
)
{
    /// <summary>After so long nobody is still writing a file that was begun: each takes minutes.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <param name="report">Hears the events written so far, and all there are.</param>
    /// <param name="cancellationToken">Stops; files that are written stay.</param>
    /// <returns>Events and files that were written.</returns>
    public async Task<(long Events, long Files)> RunAsync(
        Action<long, long> report,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<long> slices = await PlanAsync(cancellationToken);
        if (slices.Count == 0)
        {
            return default;
        }

        await store.CleanAsync(time.GetUtcNow().UtcDateTime - Abandoned, cancellationToken);
        int partition = await claim.TakeAsync(cancellationToken);
        long all = await database.ReadAsync<long>(
            "select coalesce(sum(events), 0)::bigint from lake.pending_batch where slice is not null",
            null,
            cancellationToken
        );
        (long events, long files) = (0, 0);
        foreach (long slice in slices)
        {
            IReadOnlyList<PlannedFile> planned = await PlanFilesAsync(slice, partition, cancellationToken);
            if (planned.Count > 0)
            {
                await WriteAsync(
                    slice,
                    planned,
                    written =>
                    {
                        events += written;
                        files += written > 0 ? 1 : 0;
                        report(events, all);
                    },
                    cancellationToken
                );
            }

            await database.ExecuteAsync(
                "delete from lake.pending_batch where slice = @slice",
                new { slice },
                cancellationToken
            );
        }

        return (events, files);
    }

    /// <summary>Batches in the order in which they were written, as many as come to a slice's size, once they are enough or old enough.</summary>
    private async Task<IReadOnlyList<long>> PlanAsync(CancellationToken cancellationToken)
    {
        await database.ExecuteAsync(
            """
            with pending as (
                select batch, day, div(sum(events) over (order by batch, day) - 1, @size) as part from lake.pending_batch
                where slice is null and exists (
                    select from lake.pending_batch where slice is null
                    having sum(events) >= @size or min(written_at) <= @old)
            ), numbered as (
                select batch, day, dense_rank() over (order by part) + (select next_slice - 1 from lake.writer) as slice from pending
            ), taken as (
                update lake.pending_batch b set slice = n.slice from numbered n where b.batch = n.batch and b.day = n.day
                returning b.slice
            )
            update lake.writer set next_slice = t.slice + 1 from (select max(slice) as slice from taken) as t where t.slice is not null
            """,
            new
            {
                size = (long)options.Value.RollEvents,
                old = time.GetUtcNow().UtcDateTime.AddMinutes(-options.Value.RollMinutes),
            },
            cancellationToken
        );
        return await database.QueryAsync<long>(
            "select distinct slice from lake.pending_batch where slice is not null order by slice",
            null,
            cancellationToken
        );
    }

    /// <summary>The slice's files that are not written yet. They are planned once, all together.</summary>
    private async Task<IReadOnlyList<PlannedFile>> PlanFilesAsync(
        long slice,
        int partition,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (
            NpgsqlCommand plan = new(
                $"""
                with bounds as ({Bounds}), hours as (
                    select date_trunc('hour', e.event_time, 'UTC') as hour, count(*) as events {From} group by 1
                ), added as (
                    insert into lake.file (hour, partition, first_offset, slice, events, state)
                    select h.hour, @partition, w.next_offset + sum(h.events) over (order by h.hour) - h.events, @slice, h.events, 'planned'
                    from hours h, lake.writer w
                    where not exists (select from lake.file where slice = @slice)
                    returning events
                )
                update lake.writer set next_offset = next_offset + (select coalesce(sum(events), 0) from added)
                """,
                connection
            )
            {
                CommandTimeout = 0,
                Parameters = { new("slice", slice), new("partition", partition) },
            }
        )
        {
            await plan.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return await database.QueryAsync<PlannedFile>(
            """
            select hour as "Hour", partition as "Partition", first_offset as "FirstOffset" from lake.file
            where slice = @slice and state = 'planned' order by hour
            """,
            new { slice },
            cancellationToken
        );
    }

    /// <summary>Reads the slice once, in the order of its files.</summary>
    private async Task WriteAsync(
        long slice,
        IReadOnlyList<PlannedFile> planned,
        Action<long> written,
        CancellationToken cancellationToken
    )
    {
        bool reread = await database.ReadAsync<bool>(
            "select exists (select from lake.pending_batch where slice = @slice and reread)",
            new { slice },
            cancellationToken
        );
        using LocalFolder local = new();
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand command = new(
            $"""
            with bounds as ({Bounds})
            select e.event_time, e.received_at, e.validated_at, e.event_id, e.position, e.event_type, e.product_id, e.category_id,
                e.category_code, e.brand, e.price, e.user_id, e.user_session, e.source, e.late
            {From} and e.event_time >= @from order by e.event_time, e.source, e.position, e.event_id
            """,
            connection
        )
        {
            CommandTimeout = 0,
            Parameters = { new("slice", slice), new("from", planned[0].Hour) },
        };
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellationToken);
        bool any = await rows.ReadAsync(cancellationToken);
        foreach (PlannedFile file in planned)
        {
            HashSet<LakeEventKey> known = reread ? await KnownAsync(file, local, cancellationToken) : [];
            string path = local.File();
            long count;
            await using (EventFileWriter writer = await EventFileWriter.CreateAsync(path, cancellationToken))
            {
                while (any && rows.GetDateTime(0) < file.Hour.AddHours(1))
                {
                    BehaviorEvent row = Row(rows);
                    if (row.EventTime >= file.Hour && !known.Contains(LakeEventKey.Of(row)))
                    {
                        await writer.AddAsync(row);
                    }

                    any = await rows.ReadAsync(cancellationToken);
                }

                await writer.CompleteAsync();
                count = writer.Count;
            }

            await StoreAsync(file, path, count, cancellationToken);
            written(count);
        }
    }

    private async Task StoreAsync(PlannedFile file, string path, long count, CancellationToken cancellationToken)
    {
        if (count > 0)
        {
            await store.PutAsync(file.Name, path, cancellationToken);
        }

        // Without a row when its day was dropped from bronze since, or the lake had them all.
        await database.ExecuteAsync(
            """
            update lake.file set state = case when @count > 0 then 'written' else 'replaced' end, events = @count, bytes = @bytes,
                written_at = @now
            where hour = @Hour and partition = @Partition and first_offset = @FirstOffset
            """,
            new
            {
                count,
                bytes = new FileInfo(path).Length,
                now = time.GetUtcNow().UtcDateTime,
                file.Hour,
                file.Partition,
                file.FirstOffset,
            },
            cancellationToken
        );
        File.Delete(path);
    }

    /// <summary>What the lake has of an hour: a sink that was moved back brings again what was removed from bronze, not from the lake.</summary>
    private async Task<HashSet<LakeEventKey>> KnownAsync(
        PlannedFile file,
        LocalFolder local,
        CancellationToken cancellationToken
    )
    {
        HashSet<LakeEventKey> known = [];
        string hour = file.Name[..(file.Name.LastIndexOf('/') + 1)];
        await foreach (string name in store.ListAsync(hour, cancellationToken))
        {
            string path = local.File();
            if (name != file.Name && await store.TryGetAsync(name, path, cancellationToken))
            {
                await foreach (BehaviorEvent row in EventFileReader.ReadAsync(path, cancellationToken))
                {
                    known.Add(LakeEventKey.Of(row));
                }

                File.Delete(path);
            }
        }

        return known;
    }

    private static BehaviorEvent Row(NpgsqlDataReader row) =>
        new()
        {
            EventTime = row.GetDateTime(0),
            ReceivedAt = row.GetDateTime(1),
            ValidatedAt = row.GetDateTime(2),
            EventId = row.GetGuid(3),
            Position = row.GetInt64(4),
            EventType = BehaviorEventTypes.TryParse(row.GetString(5), out BehaviorEventType type)
                ? type
                : throw new InvalidDataException($"event_type is '{row.GetString(5)}'."),
            ProductId = row.GetString(6),
            CategoryId = row.IsDBNull(7) ? null : row.GetString(7),
            CategoryCode = row.IsDBNull(8) ? null : row.GetString(8),
            Brand = row.IsDBNull(9) ? null : row.GetString(9),
            Price = row.GetDecimal(10),
            UserId = row.GetString(11),
            UserSession = row.GetString(12),
            Source = row.GetString(13),
            Late = row.GetBoolean(14),
        };

    private const string Bounds = """
        select min(batch) as first, max(batch) as last, min(day)::timestamp at time zone 'UTC' as from_time,
            (max(day) + 1)::timestamp at time zone 'UTC' as to_time
        from lake.pending_batch where slice = @slice
        """;

    private const string From = """
        from bronze.event e
        join lake.pending_batch b on b.batch = e.batch and b.day = (e.event_time at time zone 'UTC')::date and b.slice = @slice
        where e.batch between (select first from bounds) and (select last from bounds)
            and e.event_time >= (select from_time from bounds) and e.event_time < (select to_time from bounds)
        """;
}
