using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Fecom.Warehouse.LoadWarehouse;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The Fecom tables' changes from bronze to silver to gold, whatever the pieces and their order.</summary>
public sealed class TablesTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 240_000)]
    [InlineData(1, "all at once", 1_000_000)]
    [InlineData(2, "in the order of time", 1_000_000)]
    [InlineData(3, "the newest first", 7)]
    [InlineData(4, "shuffled", 1_000_000)]
    [InlineData(5, "shuffled, some of them again", 20)]
    public async Task The_same_changes_in_any_pieces_and_order_give_the_rows_that_the_history_says(
        int seed,
        string order,
        int sliceEvents
    )
    {
        TableHistory history = new(seed);
        using WarehouseStore store = await WarehouseStore.CreateAsync(
            servers,
            ("Warehouse:SliceEvents", sliceEvents.ToString(CultureInfo.InvariantCulture))
        );
        foreach (TableRowChange[] piece in Pieces(history.Changes, order, new Random(seed)))
        {
            await WriteAsync(store, piece);
            Assert.Empty((await store.RunAsync()).Failures);
        }

        Assert.False((await store.RunAsync()).HasWork);
        await AssertRowsAsync(store, history);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_run_that_is_cut_off_anywhere_goes_on_where_it_was()
    {
        TableHistory history = new(seed: 6);
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers, ("Warehouse:SliceEvents", "40"));
        await WriteAsync(store, [.. history.Changes]);
        // Between two steps, and then within one, ever later.
        for (int cut = 1; ; cut++)
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            int reports = 0;
            if (cut > 8)
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(10 * (cut - 8)));
            }

            try
            {
                await store.Chain.RunAsync(
                    _ =>
                    {
                        if (++reports == 2 && cut <= 8)
                        {
                            stop.Cancel();
                        }
                    },
                    stop.Token
                );
                break;
            }
            catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
            {
                continue;
            }
        }

        await AssertRowsAsync(store, history);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_piece_that_fails_a_rule_stays_out_and_the_others_go_on_until_it_is_mended()
    {
        TableHistory history = new(seed: 7);
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await WriteAsync(store, [.. history.Changes]);
        await store.ExecuteAsync("update bronze.change_batch set changes = changes + 1 where table_name = 'sellers'");

        ChainProgress progress = await store.RunAsync();

        Assert.Contains(
            "table sellers, to silver, rule bronze_changes_reconcile",
            Assert.Single(progress.Failures),
            StringComparison.Ordinal
        );
        Assert.Equal(0, await store.AskAsync<long>("select count(*) from silver.sellers"));
        Assert.True(await store.AskAsync<long>("select count(*) from gold.dim_customer") > 0);
        Assert.True(
            await store.AskAsync<long>("select count(*) from silver.waiting_order where rule = 'order_sellers_resolve'")
                > 0
        );
        HealthReportEntry health = await store.HealthAsync();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(
            "sellers of the tables, rule bronze_changes_reconcile",
            health.Description,
            StringComparison.Ordinal
        );

        await store.ExecuteAsync("update bronze.change_batch set changes = changes - 1 where table_name = 'sellers'");
        Assert.Empty((await store.RunAsync()).Failures);
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync()).Status);
        await AssertRowsAsync(store, history);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_order_that_waits_for_a_product_goes_on_when_an_event_names_it()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await WriteAsync(
            store,
            [
                Of(FecomTables.Customers, 1, null, """{"customer_trx_id":"c1","subscriber_id":"u1"}"""),
                Of(FecomTables.Sellers, 1, null, """{"seller_id":"s1","seller_name":"A"}"""),
                .. Order("o1", "p1", paid: 12, day: 1),
            ]
        );
        await store.ExecuteAsync(
            """
            create table made as
            select timestamptz '2024-01-01Z' as event_time, timestamptz '2024-01-01Z' as received_at, gen_random_uuid() as event_id,
                1 as position, 'view' as event_type, 'p1' as product_id, 'c' as category_id, null::text as category_code, null::text as brand,
                10 as price, 'u' as user_id, 's' as user_session, 'test' as source
            """
        );
        await store.WriteBatchAsync("true");

        await store.RunAsync();
        await store.RunAsync();

        Assert.Equal("o1 10 12", await OrdersAsync(store));
        Assert.Equal(0, await store.AskAsync<long>("select count(*) from silver.waiting_order"));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_order_that_fails_a_rule_stays_as_it_was_while_the_others_are_promoted()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers, ("Warehouse:MaxLagMinutes", "30"));
        await WriteAsync(
            store,
            [
                Of(FecomTables.Customers, 1, null, """{"customer_trx_id":"c1","subscriber_id":"u1"}"""),
                Of(FecomTables.Products, 1, null, """{"product_id":"p1","product_category_name":"Toys"}"""),
                Of(FecomTables.Sellers, 1, null, """{"seller_id":"s1","seller_name":"A"}"""),
                .. Order("o1", "p1", paid: 12, day: 1),
                .. Order("o2", "p2", paid: 12, day: 1),
                .. Order("o3", "p1", paid: 30, day: 1),
            ]
        );
        await store.RunAsync();
        Assert.Equal("o1 10 12", await OrdersAsync(store));
        Assert.Equal(
            "o2 order_products_resolve product p2, o3 order_payments_agree paid 30 for items of 10 and freight of 2",
            await store.AskAsync<string>(
                "select string_agg(order_id || ' ' || rule || ' ' || detail, ', ' order by order_id) from silver.waiting_order"
            )
        );
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync()).Status);

        // o1 gets a payment that is too much, o3 one that fits, and o2 its product.
        await WriteAsync(
            store,
            [
                Of(FecomTables.Products, 2, null, """{"product_id":"p2","product_category_name":"Art"}"""),
                Payment("o1", before: 12, after: 99, day: 2),
                Payment("o3", before: 30, after: 12, day: 2),
            ]
        );
        await store.RunAsync();
        Assert.Equal("o1 10 12, o2 10 12, o3 10 12", await OrdersAsync(store));
        Assert.Equal("o1", await store.AskAsync<string>("select string_agg(order_id, ' ') from silver.waiting_order"));
        await store.ExecuteAsync("update silver.waiting_order set since = since - interval '1 hour'");
        HealthReportEntry health = await store.HealthAsync();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("order o1, rule order_payments_agree: paid 99", health.Description, StringComparison.Ordinal);

        await WriteAsync(store, [Payment("o1", before: 99, after: 15, day: 3)]);
        await store.RunAsync();
        Assert.Equal("o1 10 15, o2 10 12, o3 10 12", await OrdersAsync(store));
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync()).Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task Gold_keeps_what_it_had_when_its_own_rules_fail()
    {
        TableHistory history = new(seed: 8);
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await WriteAsync(store, [.. history.Changes]);
        await store.RunAsync();
        string before = await AllAsync(store, "gold.fact_order");
        // A row of silver that was tampered with: two current versions of one payment.
        await store.ExecuteAsync(
            """
            insert into silver.customers (customer_trx_id, subscriber_id, valid_from, is_current, is_deleted, snapshot, change_id)
            values ('c1', 'x', '2026-06-01Z', true, false, 9, gen_random_uuid()), ('c1', 'y', '2026-07-01Z', true, false, 9, gen_random_uuid());
            create function gold.tamper() returns trigger language plpgsql as $$
            begin
                new.is_current := true;
                return new;
            end $$;
            create trigger tamper before insert on gold.dim_customer for each row execute function gold.tamper();
            insert into silver.touched (kind, key, since) values ('customer', 'c1', now()), ('order', 'o1', now());
            """
        );

        string failure = Assert.Single((await store.RunAsync()).Failures);

        Assert.Contains("rule dim_customer_keys_unique", failure, StringComparison.Ordinal);
        Assert.Contains("c1", failure, StringComparison.Ordinal);
        Assert.Equal(before, await AllAsync(store, "gold.fact_order"));
        Assert.Equal(1, await store.AskAsync<long>("select count(*) from silver.touched"));
        Assert.Equal(HealthStatus.Degraded, (await store.HealthAsync()).Status);
    }

    /// <summary>
    /// A plan that compares each row with each takes many minutes for as many rows; one that scans what there is to find what is new
    /// takes the longer the more there is.
    /// </summary>
    [Fact(Timeout = 120_000)]
    public async Task A_table_of_some_size_takes_seconds_when_it_is_new_and_when_it_changes_and_what_is_new_costs_looks_at_itself()
    {
        const int Orders = 20_000;
        const int Few = 400;
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        for (int day = 1; day <= 2; day++)
        {
            await WriteOrdersAsync(store, day, Orders);
            Assert.Empty((await store.RunAsync()).Failures);
            Assert.Equal(
                Orders * (day + 1.0m),
                await store.AskAsync<decimal>("select sum(paid) from gold.fact_order where items = 1")
            );
            Assert.Equal(Orders * day, await store.AskAsync<long>("select count(*) from gold.dim_customer"));
            Assert.Equal(1_000 * day, await store.AskAsync<long>("select count(*) from gold.dim_product"));
        }

        await store.ExecuteAsync("vacuum analyze");
        long before = await RowsReadAsync(store, Orders * 2);
        Assert.True(before > Orders, $"Of {Orders} orders {before} rows were read.");

        await WriteOrdersAsync(store, day: 3, Few);
        Assert.Empty((await store.RunAsync()).Failures);

        // Some twenty looks a change; each scan for them would read as many rows as there are orders, or more.
        Assert.InRange(await RowsReadAsync(store, (Orders * 2) + Few) - before, Few, Orders * 6);
        Assert.Equal(Few, await store.AskAsync<long>("select count(*) from gold.fact_order where status = 'day 3'"));
    }

    /// <summary>PostgreSQL has earlier and later times; .NET and the cloud warehouses do not.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_time_outside_the_years_1_to_9999_is_none()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await WriteAsync(
            store,
            [
                Of(
                    FecomTables.Customers,
                    1,
                    null,
                    """{"customer_trx_id":"c1","subscribe_date":"0001-01-01T00:00:00+01:00","first_order_date":"0001-01-01T00:00:00Z"}"""
                ),
                Of(
                    FecomTables.Customers,
                    1,
                    null,
                    """{"customer_trx_id":"c2","subscribe_date":"9999-12-31T23:59:59-05:00","first_order_date":"9999-12-31 23:59:59.999999"}"""
                ),
                Of(
                    FecomTables.Customers,
                    1,
                    null,
                    """{"customer_trx_id":"c3","subscribe_date":"9999-12-31 23:59:59.9999999","first_order_date":"no time"}"""
                ),
            ]
        );

        Assert.Empty((await store.RunAsync()).Failures);

        Assert.Equal(
            "c1 - 0001-01-01 00:00:00+00, c2 - 9999-12-31 23:59:59.999999+00, c3 - -",
            await CustomerTimesAsync(store)
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Times_outside_the_years_1_to_9999_that_are_there_from_before_go_with_the_migration()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await WriteAsync(
            store,
            [
                Of(
                    FecomTables.Customers,
                    1,
                    null,
                    """{"customer_trx_id":"c1","subscribe_date":"2020-01-01","first_order_date":"2020-01-02"}"""
                ),
                .. Order("o1", "p1", paid: 12, day: 1),
                Of(FecomTables.Products, 1, null, """{"product_id":"p1","product_category_name":"Toys"}"""),
                Of(FecomTables.Sellers, 1, null, """{"seller_id":"s1","seller_name":"A"}"""),
            ]
        );
        Assert.Empty((await store.RunAsync()).Failures);
        await store.ExecuteAsync(
            """
            update silver.customers set subscribe_date = '0001-12-31 23:00:00+00 BC';
            update gold.dim_customer set subscribed_at = '0001-12-31 23:00:00+00 BC';
            update silver.orders set order_approved_at = '10000-01-01Z', order_estimated_delivery_date = '2024-01-05Z';
            update gold.fact_order set approved_at = '10000-01-01Z', promised_at = '2024-01-05Z';
            delete from platform.migration where script = '0610_times_in_range.sql'
            """
        );

        await store.Service<Migrator>().MigrateAsync(Cancelled);

        Assert.Equal("c1 - 2020-01-02 00:00:00+00", await CustomerTimesAsync(store));
        foreach (
            string times in (string[])
                [
                    "select concat_ws(' ', coalesce(subscribe_date::text, '-'), first_order_date at time zone 'UTC') from silver.customers",
                    "select concat_ws(' ', coalesce(order_approved_at::text, '-'), order_estimated_delivery_date at time zone 'UTC') from silver.orders",
                    "select concat_ws(' ', coalesce(approved_at::text, '-'), promised_at at time zone 'UTC') from gold.fact_order",
                ]
        )
        {
            Assert.StartsWith("- 202", await store.AskAsync<string>(times), StringComparison.Ordinal);
        }
    }

    private static Task<string> CustomerTimesAsync(WarehouseStore store) =>
        store.AskAsync<string>(
            """
            select string_agg(concat_ws(' ', customer_trx_id, coalesce((subscribed_at at time zone 'UTC')::text || '+00', '-'),
                coalesce((first_ordered_at at time zone 'UTC')::text || '+00', '-')), ', ' order by customer_trx_id)
            from gold.dim_customer
            """
        );

    /// <summary>Changes of a day: some orders with their customers, items, payments and products.</summary>
    private static Task WriteOrdersAsync(WarehouseStore store, int day, int orders) =>
        store.ExecuteAsync(
            $$"""
            create table if not exists bronze.table_change_202601 partition of bronze.table_change for values from ('2026-01-01Z') to ('2026-02-01Z');
            with rows as (
                select n, t.name, t.row from generate_series(1, {{orders}}) n
                cross join lateral (values
                    ('customers', jsonb_build_object('customer_trx_id', 'c' || n, 'subscriber_id', 'u' || n, 'age', {{day}})),
                    ('orders', jsonb_build_object('order_id', 'o' || n, 'customer_trx_id', 'c' || n, 'order_status', 'day {{day}}',
                        'order_purchase_timestamp', '2024-01-01 10:00')),
                    ('order_items', jsonb_build_object('order_id', 'o' || n, 'order_item_id', 1, 'product_id', 'p' || n % 1000,
                        'price', {{day}}, 'freight_value', 1)),
                    ('order_payments', jsonb_build_object('order_id', 'o' || n, 'payment_sequential', 1, 'payment_value', {{day}} + 1)),
                    ('products', case when n <= 1000 then jsonb_build_object('product_id', 'p' || n % 1000, 'product_weight_gr', {{day}}) end)
                ) as t (name, row)
                where t.row is not null
            ), added as (
                insert into bronze.table_change (changed_at, received_at, change_id, table_name, key, op, after, snapshot, file, source,
                    position, batch)
                select '2026-01-0{{day}}Z', '2026-01-0{{day}}Z', gen_random_uuid(), name, n::text, 'u', row, {{day}}, 't.csv', 'test', n,
                    {{day}} * 10 + ascii(name) % 10 + length(name) * 100
                from rows
                returning batch, table_name
            )
            insert into bronze.change_batch (batch, month, table_name, changes)
            select batch, '2026-01-01', table_name, count(*) from added group by batch, table_name
            """
        );

    /// <summary>Rows that PostgreSQL has read of the tables that grow, as soon as its statistics know of all changes of orders.</summary>
    private static async Task<long> RowsReadAsync(WarehouseStore store, long orders)
    {
        store.Database.Clear();
        await Poll.UntilEqualAsync(
            orders,
            () =>
                store.AskAsync<long>(
                    "select min(n_tup_ins) from pg_stat_user_tables where relid in ('silver.orders'::regclass, 'gold.fact_order'::regclass)"
                ),
            TimeSpan.FromSeconds(60),
            "orders that were written"
        );
        return await store.AskAsync<long>(
            """
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables
            where schemaname in ('bronze', 'silver', 'gold') and relname <> 'dim_date'
            """
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_product_has_the_history_of_its_events_and_of_the_shops_table_in_one(bool tableFirst)
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(
            """
            create table made as
            select n, event_time, event_time as received_at, gen_random_uuid() as event_id, n as position, 'view' as event_type,
                'p1' as product_id, null as category_id, null as category_code, brand, 1.5 as price, 'u' as user_id, 's' as user_session,
                'file:a.csv@1' as source
            from (values (1, '2026-01-01Z'::timestamptz, 'x'), (2, '2026-01-12Z', null), (3, '2026-01-21Z', 'y'), (4, '2026-02-20Z', 'y'))
                as e (n, event_time, brand)
            """
        );
        TableRowChange[] changes =
        [
            Of(
                FecomTables.Products,
                10,
                null,
                """{"product_id":"p1","product_category_name":"Toys","product_weight_gr":5}"""
            ),
            Of(
                FecomTables.Products,
                15,
                """{"product_id":"p1","product_category_name":"Toys","product_weight_gr":5}""",
                """{"product_id":"p1","product_category_name":"Art","product_weight_gr":null}"""
            ),
            Of(FecomTables.Products, 25, """{"product_id":"p1","product_category_name":"Art"}""", null),
        ];
        if (tableFirst)
        {
            // The newest first.
            foreach (TableRowChange change in changes.Reverse())
            {
                await WriteAsync(store, [change]);
                await store.RunAsync();
            }
        }

        await store.WriteBatchAsync("n <> 3");
        await store.RunAsync();
        await store.WriteBatchAsync("n = 3");
        await store.RunAsync();
        if (!tableFirst)
        {
            foreach (TableRowChange change in changes)
            {
                await WriteAsync(store, [change]);
                await store.RunAsync();
            }
        }

        Assert.Equal(
            "01-01 x - - -, 01-10 x true Toys 5, 01-15 x true Art -, 01-21 y true Art -, 01-25 y false - -",
            await store.AskAsync<string>(
                """
                select string_agg(concat_ws(' ', to_char(valid_from at time zone 'UTC', 'MM-DD'), brand, coalesce(is_listed::text, '-'),
                    coalesce(category_name, '-'), coalesce(weight_g::text, '-')), ', ' order by valid_from)
                from gold.dim_product where product_id = 'p1'
                """
            )
        );
        Assert.Equal(1, await store.AskAsync<long>("select count(*) from gold.dim_product where is_current"));
    }

    /// <summary>Writes changes as the sinks do: a batch a table.</summary>
    internal static async Task WriteAsync(WarehouseStore store, TableRowChange[] changes)
    {
        foreach (IGrouping<FecomTable, TableRowChange> of in changes.GroupBy(change => change.Table))
        {
            await using NpgsqlCommand write = store.Database.CreateCommand(
                """
                with number as materialized (select nextval('bronze.change_batch_number') as batch),
                added as (
                    insert into bronze.table_change (changed_at, received_at, change_id, table_name, key, op, before, after, snapshot, file, line,
                        source, position, batch)
                    select changed_at, changed_at, change_id, $1, key, op, before::jsonb, after::jsonb, snapshot, 't.csv', 1, 'test', 1, batch
                    from number, unnest($2, $3, $4, $5, $6, $7, $8) as c (changed_at, change_id, key, op, before, after, snapshot)
                    returning batch, changed_at
                )
                insert into bronze.change_batch (batch, month, table_name, changes)
                select batch, date_trunc('month', changed_at at time zone 'UTC')::date, $1, count(*) from added group by 1, 2
                """
            );
            await store.ExecuteAsync(
                string.Join(
                    ';',
                    of.Select(change => change.Change.ChangedAt)
                        .Select(at => new DateOnly(at.Year, at.Month, 1))
                        .Distinct()
                        .Select(month =>
                            $"create table if not exists bronze.table_change_{month:yyyyMM} partition of bronze.table_change for values from ('{month:yyyy-MM-dd}Z') to ('{month.AddMonths(1):yyyy-MM-dd}Z')"
                        )
                )
            );
            write.Parameters.Add(new() { Value = of.Key.Name });
            write.Parameters.Add(new() { Value = of.Select(change => change.Change.ChangedAt).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => change.Change.Id).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => change.Change.Key).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => change.Change.Op).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => Text(change.Change.Before)).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => Text(change.Change.After)).ToArray() });
            write.Parameters.Add(new() { Value = of.Select(change => change.Change.Snapshot).ToArray() });
            await write.ExecuteNonQueryAsync(Cancelled);
        }
    }

    /// <summary>A change of January 2026.</summary>
    internal static TableRowChange Of(FecomTable table, int day, string? before, string? after) =>
        new(
            table,
            new Fecom.Warehouse.LoadChanges.TableChangeFormat(table).Read(
                Encoding.UTF8.GetBytes(Message(day, before, after))
            )
        );

    /// <summary>The same as a message of the table's topic.</summary>
    internal static string Message(int day, string? before, string? after) =>
        $$$"""{"op":"{{{Op(before, after)}}}","before":{{{before ?? "null"}}},"after":{{{after ?? "null"}}},"source":{"file":"t.csv","line":2,"snapshot":{{{day}}},"ts":"2026-01-{{{day:00}}}T00:00:00Z"}}""";

    private static string Op(string? before, string? after) =>
        before is null ? "c"
        : after is null ? "d"
        : "u";

    private static TableRowChange[] Order(string id, string product, int paid, int day) =>
        [
            Of(
                FecomTables.Orders,
                day,
                null,
                $$"""{"order_id":"{{id}}","customer_trx_id":"c1","order_status":"delivered","order_purchase_timestamp":"2024-01-01 10:00"}"""
            ),
            Of(
                FecomTables.OrderItems,
                day,
                null,
                $$"""{"order_id":"{{id}}","order_item_id":1,"product_id":"{{product}}","seller_id":"s1","price":10,"freight_value":2}"""
            ),
            Of(FecomTables.OrderPayments, day, null, PaymentRow(id, paid)),
        ];

    private static TableRowChange Payment(string order, int before, int after, int day) =>
        Of(FecomTables.OrderPayments, day, PaymentRow(order, before), PaymentRow(order, after));

    private static string PaymentRow(string order, int value) =>
        $$"""{"order_id":"{{order}}","payment_sequential":1,"payment_type":"card","payment_value":{{value}}}""";

    private static Task<string> OrdersAsync(WarehouseStore store) =>
        store.AskAsync<string>(
            "select string_agg(concat_ws(' ', order_id, items_value, paid), ', ' order by order_id) from gold.fact_order"
        );

    private static Task<string> AllAsync(WarehouseStore store, string table) =>
        store.AskAsync<string>($"select md5(string_agg(t::text, '' order by t)) from {table} t");

    private static async Task AssertRowsAsync(WarehouseStore store, TableHistory history)
    {
        foreach (FecomTable table in FecomTables.All)
        {
            Assert.Equal(history.Silver(table), await store.AskAsync<string[]>(TableHistory.SilverSql(table)));
        }

        foreach ((string sql, List<string> rows) in history.Gold.Values)
        {
            Assert.Equal(rows, await store.AskAsync<string[]>(sql));
        }

        Assert.True(await store.AskAsync<long>("select count(*) from gold.fact_order") > 5);
    }

    private static IEnumerable<TableRowChange[]> Pieces(List<TableRowChange> changes, string order, Random random)
    {
        switch (order)
        {
            case "all at once":
                return
                [
                    [.. changes],
                ];
            case "in the order of time":
                return changes
                    .GroupBy(change => change.Change.ChangedAt)
                    .OrderBy(of => of.Key)
                    .Select(of => of.ToArray());
            case "the newest first":
                return changes
                    .GroupBy(change => change.Change.Snapshot)
                    .OrderByDescending(of => of.Key)
                    .Select(of => of.ToArray());
            default:
                TableRowChange[] shuffled = [.. changes];
                random.Shuffle(shuffled);
                IEnumerable<TableRowChange[]> pieces = shuffled.Chunk(1 + (shuffled.Length / 9));
                return order == "shuffled"
                    ? pieces
                    : pieces.Select(piece =>
                        (TableRowChange[])[.. piece, .. random.GetItems(shuffled, 10).DistinctBy(one => one.Change.Id)]
                    );
        }
    }

    private static string? Text(byte[]? json) => json is null ? null : Encoding.UTF8.GetString(json);
}
