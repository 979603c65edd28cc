using System.Globalization;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.BuildGold;

/// <summary>
/// Takes a slice from silver to gold. What gold keeps are counts, sums, first and last times, so slices may come in any order;
/// where a table is large, only rows that the slice names are looked up in it, by their key. What the slice itself gives is grouped,
/// and its events are written, while another slice has its turn; the tables of which slices share rows wait for that.
/// </summary>
internal sealed class GoldStep(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly QualityRule[] Rules =
    [
        new(
            "gold_products_resolve",
            "products of events that dim_product does not have once as current",
            """
            select p.product_id from gold_product p
            left join gold.dim_product d on d.product_id = p.product_id and d.is_current
            group by p.product_id having min(d.valid_from) is null or min(d.valid_from) <> max(d.valid_from)
            """
        ),
        new(
            "gold_categories_resolve",
            "categories of events that dim_category does not have",
            """
            select c.category_id from (select distinct category_id from gold_product where category_id is not null) c
            where not exists (select from gold.dim_category d where d.category_id = c.category_id)
            """
        ),
        new(
            "gold_users_resolve",
            "visitors of events that dim_user does not have",
            """
            select u.user_id from gold_user u
            left join lateral (select 1 as found from gold.dim_user d where d.user_id = u.user_id limit 1) as d on true
            where d.found is null
            """
        ),
        new(
            "gold_sessions_resolve",
            "sessions of events that fact_session does not have",
            """
            select s.user_session from gold_session s
            left join lateral (select 1 as found from gold.fact_session f where f.user_session = s.user_session limit 1) as f on true
            where f.found is null
            """
        ),
        new(
            "gold_dates_resolve",
            "days of events that dim_date does not have",
            """
            select distinct d.date::text from (select (hour at time zone 'UTC')::date as date from gold_hour where is_total) d
            where not exists (select from gold.dim_date known where known.date = d.date)
            """
        ),
        new(
            "gold_totals_agree",
            "totals of agg_kpi_hourly that differ from what was promoted",
            """
            select format('%s: %s of %s', t.name, t.there, t.promoted)
            from silver.promoted p,
                (select coalesce(sum(events), 0) as events, coalesce(sum(views), 0) as views, coalesce(sum(carts), 0) as carts,
                    coalesce(sum(removals), 0) as removals, coalesce(sum(purchases), 0) as purchases, coalesce(sum(revenue), 0) as revenue
                from gold.agg_kpi_hourly where is_total) k,
                lateral (values ('events', k.events, p.events::numeric), ('views', k.views, p.views), ('carts', k.carts, p.carts),
                    ('removals', k.removals, p.removals), ('purchases', k.purchases, p.purchases), ('revenue', k.revenue, p.revenue)
                ) as t (name, there, promoted)
            where t.there <> t.promoted
            """
        ),
    ];

    /// <exception cref="QualityException">The slice fails a rule; gold stays as it was, and silver keeps the slice.</exception>
    public async Task RunAsync(long slice, CancellationToken cancellationToken)
    {
        await using SliceTransaction? work = await SliceTransaction.BeginGoldAsync(
            database,
            slice,
            time.GetUtcNow().UtcDateTime,
            cancellationToken
        );
        if (work is null)
        {
            return;
        }

        await work.ExecuteAsync(Groups, cancellationToken);
        await WriteEventsAsync(work, cancellationToken);
        if (!await work.TakeTurnAsync(cancellationToken))
        {
            return;
        }

        await work.ExecuteAsync(SliceTransaction.ByKeys, cancellationToken);
        await work.ExecuteAsync(Dimensions.Sql, cancellationToken);
        if (await work.ReadAsync<bool>(ProductHistory.FindChanged, cancellationToken))
        {
            await work.ExecuteAsync(OrdersOfNewProducts, cancellationToken);
            await work.ExecuteAsync(ProductHistory.StatedBySlice + ProductHistory.WorkOut, cancellationToken);
        }

        await work.ExecuteAsync(Sessions.Sql, cancellationToken);
        await work.ExecuteAsync(Carts.Sql, cancellationToken);
        await work.ExecuteAsync(Promote, cancellationToken);
        await work.CheckAsync(Rules, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    /// <summary>An order may wait for a product that the shop's table lacks, or has later, and that events name.</summary>
    private static readonly string OrdersOfNewProducts = WaitingOrders.Touch(
        "order_products_resolve",
        "product_id",
        "(select product_id as key from gold_changed where not is_known)"
    );

    private static async Task WriteEventsAsync(SliceTransaction work, CancellationToken cancellationToken)
    {
        long written = await work.ExecuteAsync(WriteEvents, cancellationToken);
        long events = await work.ReadAsync<long>(
            "select events from silver.slice where slice = @slice",
            cancellationToken
        );
        if (written != events)
        {
            throw new QualityException(
                "gold_rows_reconcile",
                Math.Abs(events - written),
                string.Create(CultureInfo.InvariantCulture, $"fact_event takes {written} of {events} events of silver")
            );
        }
    }

    private const string OfSlice = "silver.event where slice = @slice and event_time >= @from and event_time < @to";

    /// <summary>What the slice itself gives.</summary>
    private static readonly string Groups =
        Sessions.Cells(OfSlice) + Products + Dimensions.Group + Sessions.Group + Carts.Group(OfSlice);

    private const string Products = $"""
        create temporary table gold_product on commit drop as
        select product_id, category_id, category_code, brand, min(event_time) as first_at, max(event_time) as last_at
        from {OfSlice}
        group by 1, 2, 3, 4;

        """;

    /// <summary>Rows of fact_event, with its columns in their order.</summary>
    private const string Events = """
        select event_time, event_id, (event_time at time zone 'UTC')::date as date, event_type, product_id, category_id, category_code,
            brand, price, user_id, user_session, late
        from silver.event
        """;

    /// <summary>What the slices in the array <c>(slices)</c> have brought to fact_event.</summary>
    public const string SliceEvents = $"{Events} where slice = any((slices))";

    private const string WriteEvents = $"""
        insert into gold.fact_event
        {Events} where slice = @slice and event_time >= @from and event_time < @to
        """;

    private const string Promote = """
        update silver.promoted p
        set events = p.events + s.events, views = p.views + s.views, carts = p.carts + s.carts, removals = p.removals + s.removals,
            purchases = p.purchases + s.purchases, revenue = p.revenue + s.revenue
        from silver.slice s where s.slice = @slice;
        insert into cloud.change (table_name, slice) select 'fact_event', @slice from cloud.target where identity is not null;
        update silver.slice
        set state = 'gold', gold_at = @now, failed_rule = null, failed_rows = null, failure = null, failed_at = null
        where slice = @slice
        """;
}
