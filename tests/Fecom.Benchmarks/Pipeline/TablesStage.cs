using System.Diagnostics;
using Fecom.Testing;
using Fecom.Warehouse.LoadWarehouse;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>Changes of the Fecom tables from bronze to gold: a backfill, and after it changes of which half are of rows that are there.</summary>
internal sealed class TablesStage : IDisposable
{
    /// <summary>Changes that one order makes: its customer, itself, an item, a payment and a review.</summary>
    private const int ChangesPerOrder = 5;

    private const int NewChanges = 100_000;

    /// <summary>Orders whose changes of one table the sink writes at once.</summary>
    private const int Batch = 5_000;

    private readonly IHost _host;
    private long _orders;
    private int _day = 1;

    private TablesStage(IHost host) => _host = host;

    private NpgsqlDataSource Database => _host.Services.GetRequiredService<NpgsqlDataSource>();

    public static async Task<TablesStage> StartAsync(PrivatePostgres postgres) =>
        new(await GoldStage.HostAsync(postgres));

    /// <summary>Brings as many changes to gold as there are then in all.</summary>
    public async Task FillAsync(long changes)
    {
        await MakeAsync(_orders, (changes / ChangesPerOrder) - _orders);
        await RunAsync();
        await ExecuteAsync("vacuum analyze");
    }

    /// <summary>Seconds that 100,000 changes take; the middle one of three times.</summary>
    public async Task<double> ChangeAsync()
    {
        List<double> seconds = [];
        for (int i = 0; i < 3; i++)
        {
            const int Orders = NewChanges / ChangesPerOrder / 2;
            long known = _orders;
            await MakeAsync(_orders, Orders);
            await MakeAsync(0, Orders, known);
            seconds.Add(await RunAsync());
        }

        return seconds.Order().ElementAt(1);
    }

    public void Dispose() => _host.Dispose();

    private async Task<double> RunAsync()
    {
        long start = Stopwatch.GetTimestamp();
        ChainProgress progress = await _host
            .Services.GetRequiredService<WarehouseChain>()
            .RunAsync(_ => { }, CancellationToken.None);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (progress.Failures.Count > 0)
        {
            throw new InvalidOperationException(progress.Failures[0]);
        }

        await using NpgsqlCommand count = Database.CreateCommand("select count(*) from gold.fact_order");
        return (long)(await count.ExecuteScalarAsync())! == _orders
            ? seconds
            : throw new InvalidOperationException("Gold has not the orders that there are.");
    }

    /// <summary>Makes the changes of some orders, all of one day; with a number of known orders, of orders picked among them.</summary>
    private async Task MakeAsync(long first, long orders, long known = 0)
    {
        string day = $"2024-01-01Z'::timestamptz + interval '{_day++} hours";
        await ExecuteAsync(
            "create table if not exists bronze.table_change_202401 partition of bronze.table_change for values from ('2024-01-01Z') to ('2024-02-01Z')"
        );
        string number = known > 0 ? $"(hashint8(i) & 2147483647) % {known}" : "i";
        await ExecuteAsync(
            $$"""
            with orders as (
                select distinct on (n) i, n from generate_series({{first}}::bigint, {{first + orders - 1}}::bigint) as i
                cross join lateral (select {{number}} as n) as numbered
            ), rows as (
                select i / {{Batch}} as part, n, t.* from orders cross join lateral (values
                    ('customers', 'c' || n, jsonb_build_object('customer_trx_id', 'c' || n, 'subscriber_id', 'u' || n / 2, 'customer_city', 'Paris',
                        'customer_country', 'France', 'customer_country_code', 'FR', 'age', 18 + (n + {{_day}}) % 60, 'gender', 'F')),
                    ('orders', 'o' || n, jsonb_build_object('order_id', 'o' || n, 'customer_trx_id', 'c' || n, 'order_status', 'day {{_day}}',
                        'order_purchase_timestamp', '2023-06-01 10:00', 'order_approved_at', '2023-06-01 11:00')),
                    ('order_items', 'o' || n || '/1', jsonb_build_object('order_id', 'o' || n, 'order_item_id', '1', 'price', {{_day}},
                        'freight_value', 1)),
                    ('order_payments', 'o' || n || '/1', jsonb_build_object('order_id', 'o' || n, 'payment_sequential', '1', 'payment_type', 'card',
                        'payment_value', {{_day}} + 1)),
                    ('order_reviews', 'r' || n || '/o' || n, jsonb_build_object('review_id', 'r' || n, 'order_id', 'o' || n, 'review_score',
                        1 + (n + {{_day}}) % 5, 'review_comment_message_en', 'as it was said', 'review_creation_date', '2023-06-20 00:00'))
                ) as t (name, key, row)
            ), numbers as (
                select part, name, nextval('bronze.change_batch_number') as batch from (select distinct part, name from rows) as parts
            ), added as (
                insert into bronze.table_change (changed_at, received_at, change_id, table_name, key, op, after, snapshot, file, source, position,
                    batch)
                select '{{day}}', '{{day}}', gen_random_uuid(), name, key, 'u', row, {{_day}}, 't.csv', 'bench', n, batch
                from rows join numbers using (part, name)
                returning batch, table_name
            )
            insert into bronze.change_batch (batch, month, table_name, changes)
            select batch, '2024-01-01', table_name, count(*) from added group by batch, table_name
            """
        );
        if (known == 0)
        {
            _orders = first + orders;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
