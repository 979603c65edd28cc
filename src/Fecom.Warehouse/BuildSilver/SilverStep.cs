using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.BuildSilver;

/// <summary>Takes a slice from bronze to silver.</summary>
internal sealed class SilverStep(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly QualityRule[] Rules =
    [
        new(
            "bronze_rows_reconcile",
            "batches of bronze that have another number of events than the sink wrote (batch/day: there of written)",
            // No row of a day is there when its partition was dropped: then somebody wants to be without it.
            """
            select format('%s/%s: %s of %s', b.batch, b.day, f.events, b.events)
            from bronze.event_batch b join silver_found f on f.batch = b.batch and f.day = b.day
            where b.slice = @slice and f.events <> b.events
            """
        ),
        new(
            "silver_rows_reconcile",
            "events and duplicates in silver are not as many as the events in bronze",
            """
            select format('%s and %s of %s', s.events, s.duplicates, f.events)
            from silver.slice s, (select coalesce(sum(events), 0) as events from silver_found) f
            where s.slice = @slice and s.events + s.duplicates <> f.events
            """
        ),
        new(
            "silver_keys_unique",
            "event ids that come several times",
            // Sorted ids are counted in a third of the time in which they are grouped, and there is nothing to group as a rule.
            """
            select event_id::text from silver.event
            where slice = @slice and event_time >= @from and event_time < @to and (
                select count(distinct event_id) < count(*) from silver.event
                where slice = @slice and event_time >= @from and event_time < @to)
            group by event_id having count(*) > 1
            """
        ),
    ];

    /// <exception cref="QualityException">The slice fails a rule; it stays in bronze.</exception>
    public async Task RunAsync(long slice, CancellationToken cancellationToken)
    {
        await using SliceTransaction? work = await SliceTransaction.BeginSilverAsync(
            database,
            slice,
            time.GetUtcNow().UtcDateTime,
            cancellationToken
        );
        if (work is null)
        {
            return;
        }

        await work.ExecuteAsync(Take, cancellationToken);
        if (await work.ReadAsync<bool>(MayHaveDuplicates, cancellationToken))
        {
            await work.ExecuteAsync(RemoveDuplicates, cancellationToken);
        }

        await work.ExecuteAsync(Sum, cancellationToken);
        await work.CheckAsync(Rules, cancellationToken);
        await work.ExecuteAsync("delete from bronze.event_batch where slice = @slice", cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    /// <summary>An id's second half is the position, unless the client gave the id.</summary>
    private const string Take = """
        create temporary table silver_found on commit drop as
        select b.batch, b.day, count(*) as events
        from bronze.event e
        join bronze.event_batch b on b.batch = e.batch and b.day = (e.event_time at time zone 'UTC')::date and b.slice = @slice
        where e.batch between @first and @last and e.event_time >= @from and e.event_time < @to
        group by b.batch, b.day;

        insert into silver.event
        select @slice, e.event_time, e.received_at, e.event_id, e.position, e.event_type, e.product_id, e.category_id,
            e.category_code, e.brand, e.price, e.user_id, e.user_session, e.source, e.late,
            substring(uuid_send(e.event_id) from 9) <> int8send(e.position)
        from bronze.event e
        join bronze.event_batch b on b.batch = e.batch and b.day = (e.event_time at time zone 'UTC')::date and b.slice = @slice
        where e.batch between @first and @last and e.event_time >= @from and e.event_time < @to;

        create temporary table silver_duplicate on commit drop as
        select event_time, event_id, source, position from silver.event where false;
        """;

    private const string MayHaveDuplicates = """
        select exists (select from silver.event where slice = @slice and is_named and event_time >= @from and event_time < @to)
            or exists (select from bronze.event_batch where slice = @slice and reread)
        """;

    /// <summary>
    /// An id that a client gave may come again at any time, and is looked up in an index of such ids. Other ids come again only
    /// with a batch that was read again, and then with the same time.
    /// </summary>
    private const string RemoveDuplicates = """
        insert into silver_duplicate
        select n.event_time, n.event_id, n.source, n.position
        from silver.event n
        cross join lateral (
            select from silver.event o where o.is_named and o.event_id = n.event_id and o.slice <> @slice limit 1) as earlier
        where n.slice = @slice and n.is_named and n.event_time >= @from and n.event_time < @to
        union
        select event_time, event_id, source, position
        from (
            select event_time, event_id, source, position,
                row_number() over (partition by event_id order by received_at, source, position) as place
            from silver.event where slice = @slice and is_named and event_time >= @from and event_time < @to
        ) as named
        where place > 1;

        insert into silver_duplicate
        select n.event_time, n.event_id, n.source, n.position
        from silver.event n
        join silver.event o on o.event_time = n.event_time and o.event_id = n.event_id and o.slice <> @slice
        where n.slice = @slice and not n.is_named and n.event_time >= @from and n.event_time < @to
            and o.event_time >= @from and o.event_time < @to
            and exists (select from bronze.event_batch where slice = @slice and reread);

        delete from silver.event e using silver_duplicate d
        where e.slice = @slice and e.event_time >= @from and e.event_time < @to
            and e.event_time = d.event_time and e.event_id = d.event_id and e.source = d.source and e.position = d.position;
        """;

    private const string Sum = """
        update silver.slice s
        set state = 'silver', silver_at = @now, failed_rule = null, failed_rows = null, failure = null, failed_at = null,
            duplicates = (select count(*) from silver_duplicate), events = t.events, views = t.views, carts = t.carts,
            removals = t.removals, purchases = t.purchases, revenue = t.revenue
        from (
            select count(*) as events, count(*) filter (where event_type = 'view') as views,
                count(*) filter (where event_type = 'cart') as carts,
                count(*) filter (where event_type = 'remove_from_cart') as removals,
                count(*) filter (where event_type = 'purchase') as purchases,
                coalesce(sum(price) filter (where event_type = 'purchase'), 0) as revenue
            from silver.event where slice = @slice and event_time >= @from and event_time < @to
        ) as t
        where s.slice = @slice
        """;
}
