using Fecom.Testing;
using Fecom.Warehouse.ListTables;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Bronze to silver to gold, whatever the pieces and their order.</summary>
public sealed class GoldTests(Servers servers)
{
    /// <summary>
    /// Two months of a small shop: sessions over midnight and with pauses, products that change, what an event leaves out, several
    /// events a second, ids that clients gave and that came twice.
    /// </summary>
    internal static string Made(int seed, int events) =>
        $"""
            select setseed({seed} / 100.0);
            create table made as
            select n, event_time, event_time + interval '1 minute' as received_at,
                case when random() < 0.1 then md5('named' || n / 2)::uuid else encode('\x0123456789abcdef' || int8send(n), 'hex')::uuid end as event_id,
                n as position, (array['view', 'view', 'view', 'cart', 'cart', 'remove_from_cart', 'purchase'])[1 + floor(random() * 7)] as event_type,
                'p' || floor(random() * 9) as product_id, nullif('c' || floor(random() * 4), 'c3') as category_id,
                (array['a.b', 'a.b.c', 'd', null])[1 + floor(random() * 4)] as category_code,
                (array['x', 'y', null, null])[1 + floor(random() * 4)] as brand, (1 + floor(random() * 900))::numeric / 100 as price,
                'u' || floor(random() * 6) as user_id, 's' || floor(random() * 3) || (n / 40) as user_session, 'file:a.csv@1' as source
            from (
                select n, '2024-01-31 20:00:00Z'::timestamptz + make_interval(secs => n * 300 + floor(random() * 3) * 1200) as event_time
                from generate_series(1, {events}) n
            ) as times;
            update made m set (event_time, event_type, product_id, price, user_id, user_session, category_id, category_code, brand) = (
                select event_time, event_type, product_id, price, user_id, user_session, category_id, category_code, brand
                from made o where o.event_id = m.event_id order by n limit 1)
            where event_id in (select event_id from made group by event_id having count(*) > 1)
            """;

    [Theory(Timeout = 180_000)]
    [InlineData(1, "n", 1_000_000, 1)]
    [InlineData(2, "n % 7", 1_000_000, 1)]
    [InlineData(3, "-n / 97", 50, 1)]
    [InlineData(4, "hashint8(n) % 13", 200, 1)]
    [InlineData(5, "hashint8(n) % 13", 20, 9)]
    public async Task The_same_events_in_any_pieces_and_order_give_the_gold_of_a_build_from_scratch(
        int seed,
        string piece,
        int sliceEvents,
        int piecesARun
    )
    {
        const int Events = 700;
        using WarehouseStore store = await WarehouseStore.CreateAsync(
            servers,
            ("Warehouse:SliceEvents", $"{sliceEvents}")
        );
        await store.ExecuteAsync(Made(seed, Events));
        await store.ExecuteAsync($"alter table made add column piece integer; update made set piece = ({piece})");
        string[] pieces = await store.AskAsync<string[]>(
            "select array_agg(piece::text order by piece) from (select distinct case when piece = n then n / 100 else piece end as piece from made) as p"
        );
        foreach (string[] some in pieces.Chunk(piecesARun))
        {
            foreach (string one in some)
            {
                await store.WriteBatchAsync($"case when piece = n then n / 100 else piece end = {one}");
            }

            Assert.Empty((await store.RunAsync()).Failures);
        }

        Assert.Equal(0, (await store.RunAsync()).Slices);
        foreach ((string table, string query) in GoldOracle.Queries)
        {
            Assert.Equal("0: ", $"{await store.AskAsync<string>(GoldOracle.Difference(table, query))}");
        }

        Assert.Equal(
            await store.AskAsync<long>("select count(distinct event_id) from bronze.event"),
            await store.AskAsync<long>("select count(*) from silver.event")
        );
        Assert.NotEqual(Events, await store.AskAsync<long>("select count(*) from silver.event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_slice_that_fails_a_rule_stays_out_and_the_others_go_on_until_it_is_mended()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(5, 300));
        await store.WriteBatchAsync("n <= 100");
        Assert.Empty((await store.RunAsync()).Failures);
        await store.WriteBatchAsync("n between 101 and 200");
        await store.ExecuteAsync("delete from bronze.event where position = 150");

        string failure = Assert.Single((await store.RunAsync()).Failures);

        Assert.Contains("bronze_rows_reconcile", failure, StringComparison.Ordinal);
        Assert.Contains("2/2024-02-01", failure, StringComparison.Ordinal);
        HealthReportEntry health = await store.HealthAsync();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("bronze_rows_reconcile", health.Description, StringComparison.Ordinal);
        string events = await store.AskAsync<string>("select string_agg(events::text, ' ') from silver.promoted");
        Assert.Equal(events, await store.AskAsync<string>("select count(*)::text from gold.fact_event"));
        await store.WriteBatchAsync("n > 200");
        Assert.Single((await store.RunAsync()).Failures);
        Assert.True(await store.AskAsync<long>("select count(*) from gold.fact_event") > long.Parse(events, null));

        await store.ExecuteAsync(
            "update bronze.event_batch set events = events - 1 where day = '2024-02-01' and batch = 2"
        );
        Assert.Empty((await store.RunAsync()).Failures);
        Assert.Equal(HealthStatus.Healthy, (await store.HealthAsync()).Status);
        foreach ((string table, string query) in GoldOracle.Queries)
        {
            Assert.Equal("0: ", await store.AskAsync<string>(GoldOracle.Difference(table, query)));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_gold_had_stays_when_its_totals_no_longer_agree()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(6, 200));
        await store.WriteBatchAsync("n <= 100");
        await store.RunAsync();
        string sessions = await store.AskAsync<string>(
            "select md5(string_agg(s::text, '' order by s)) from gold.fact_session s"
        );
        await store.ExecuteAsync(
            "update gold.agg_kpi_hourly set views = views + 1 where hour = (select min(hour) from gold.agg_kpi_hourly)"
        );
        await store.WriteBatchAsync("n > 100");

        string failure = Assert.Single((await store.RunAsync()).Failures);

        Assert.Contains("to gold, rule gold_totals_agree, 1 rows", failure, StringComparison.Ordinal);
        Assert.Contains("views: ", failure, StringComparison.Ordinal);
        Assert.Equal(
            sessions,
            await store.AskAsync<string>("select md5(string_agg(s::text, '' order by s)) from gold.fact_session s")
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_slice_with_an_id_twice_stays_in_bronze()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(13, 100));
        await store.ExecuteAsync(
            "insert into made select * from made where substring(uuid_send(event_id) from 9) = int8send(n) order by n limit 1"
        );
        await store.WriteBatchAsync("true");

        string failure = Assert.Single((await store.RunAsync()).Failures);

        Assert.Contains("to silver, rule silver_keys_unique, 1 rows", failure, StringComparison.Ordinal);
        Assert.Equal(0, await store.AskAsync<long>("select count(*) from silver.event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_batch_whose_transaction_commits_late_is_not_missed()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(7, 100));
        await using NpgsqlConnection late = await store.Database.OpenConnectionAsync(
            TestContext.Current.CancellationToken
        );
        await using NpgsqlTransaction open = await late.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (NpgsqlCommand write = new(WarehouseStore.BatchSql("n <= 50", reread: false), late))
        {
            await write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await store.WriteBatchAsync("n > 50");
        Assert.Equal(1, (await store.RunAsync()).Slices);
        await open.CommitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, (await store.RunAsync()).Slices);

        Assert.Equal(
            await store.AskAsync<long>("select count(distinct event_id) from bronze.event"),
            await store.AskAsync<long>("select count(*) from gold.fact_event")
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Rows_that_come_back_to_bronze_do_not_come_to_silver_twice()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(8, 200));
        await store.WriteBatchAsync("true");
        await store.RunAsync();
        long events = await store.AskAsync<long>("select count(*) from silver.event");

        await store.ExecuteAsync("delete from bronze.event");
        await store.WriteBatchAsync("true", reread: true);
        Assert.Empty((await store.RunAsync()).Failures);

        Assert.Equal(events, await store.AskAsync<long>("select count(*) from silver.event"));
        Assert.Equal(events, await store.AskAsync<long>("select count(*) from gold.fact_event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_day_that_was_dropped_before_silver_had_it_holds_nothing_up()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(9, 300));
        await store.WriteBatchAsync("true");
        await store.ExecuteAsync(
            "delete from bronze.event where event_time >= '2024-02-01Z' and event_time < '2024-02-02Z'"
        );

        Assert.Empty((await store.RunAsync()).Failures);

        Assert.Equal(
            await store.AskAsync<long>("select count(distinct event_id) from bronze.event"),
            await store.AskAsync<long>("select count(*) from gold.fact_event")
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_table_and_column_is_listed_with_its_comment_and_how_fresh_it_is()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(Made(10, 100));
        await store.WriteBatchAsync("true");
        IReadOnlyList<TableBody> before = await store.Tables.ListAsync(TestContext.Current.CancellationToken);
        await store.RunAsync();

        IReadOnlyList<TableBody> after = await store.Tables.ListAsync(TestContext.Current.CancellationToken);

        Assert.Empty(after.Where(table => string.IsNullOrEmpty(table.Comment)).Select(table => table.Name));
        Assert.Empty(
            after.SelectMany(table =>
                table
                    .Columns.Where(column => table.Kind == "table" && string.IsNullOrEmpty(column.Comment))
                    .Select(column => $"{table.Name}.{column.Name}")
            )
        );
        Assert.Equal(
            [
                "agg_feedback_hourly",
                "agg_kpi_hourly",
                "agg_recommendation_hourly",
                "dim_category",
                "dim_customer",
                "dim_date",
                "dim_product",
                "dim_seller",
                "dim_user",
                "fact_cart",
                "fact_event",
                "fact_feedback",
                "fact_order",
                "fact_order_item",
                "fact_review",
                "fact_session",
            ],
            after.Where(table => table.Schema == "gold").Select(table => table.Name)
        );
        TableBody events = after.Single(table => table.Name == "fact_event");
        Assert.Equal(await store.AskAsync<long>("select count(*) from gold.fact_event"), events.Rows);
        Assert.False(events.RowsEstimated);
        Assert.NotNull(events.LoadedAt);
        Assert.Equal(0, events.BehindSeconds);
        Assert.Null(before.Single(table => table.Name == "fact_event").LoadedAt);
        Assert.True(before.Single(table => table.Name == "fact_event").BehindSeconds > 0);
    }

    [Fact(Timeout = 180_000)]
    public async Task New_events_cost_a_look_at_themselves_and_not_at_the_history()
    {
        const int History = 50_000;
        const int New = 500;
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(
            $"""
            create table made as
            select n, '2024-01-01Z'::timestamptz + make_interval(secs => n * 10) as event_time, now() as received_at,
                encode('\x0123456789abcdef' || int8send(n), 'hex')::uuid as event_id, n as position,
                (array['view', 'view', 'view', 'cart', 'purchase'])[1 + n % 5] as event_type, 'p' || n % 1000 as product_id,
                'c' || n % 10 as category_id, 'a.b' as category_code, 'x' as brand, 1.5 as price, 'u' || n / 10 as user_id,
                's' || n / 5 as user_session, 'file:a.csv@1' as source
            from generate_series(1, {History + New}) n
            """
        );
        await store.WriteBatchAsync($"n <= {History}");
        Assert.Empty((await store.RunAsync()).Failures);
        await store.ExecuteAsync("analyze");
        long before = await RowsReadAsync(store, History);
        Assert.True(before > History, $"Of {History} rows {before} were read.");

        await store.WriteBatchAsync($"n > {History}");
        Assert.Empty((await store.RunAsync()).Failures);

        long read = await RowsReadAsync(store, History + New) - before;
        Assert.InRange(read, New, History / 2);
    }

    /// <summary>Rows that PostgreSQL has read of the tables that grow, as soon as its statistics know of all events.</summary>
    private static async Task<long> RowsReadAsync(WarehouseStore store, long events)
    {
        store.Database.Clear();
        foreach (string table in (string[])["silver.event", "gold.fact_event"])
        {
            await Poll.UntilEqualAsync(
                events,
                () =>
                    store.AskAsync<long>(
                        $"select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_user_tables where relid in (select inhrelid from pg_inherits where inhparent = '{table}'::regclass)"
                    ),
                TimeSpan.FromSeconds(60),
                $"rows that were written to {table}"
            );
        }

        return await store.AskAsync<long>(
            """
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables
            where schemaname in ('bronze', 'silver', 'gold') and relname <> 'dim_date'
            """
        );
    }
}
