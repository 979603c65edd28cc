using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>A Debezium connector between a shop's PostgreSQL and a real Kafka: each row is one event, whatever it sends again and whatever becomes of the table.</summary>
public sealed class DebeziumConnectorTests(Servers servers, DebeziumFixture debezium) : IClassFixture<DebeziumFixture>
{
    private const int SnapshotRows = 20_000;
    private const int StreamedRows = 10_000;

    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 480_000)]
    public async Task Rows_count_once_though_Connect_is_killed_in_its_snapshot_and_in_its_stream_and_reads_them_again()
    {
        await using DebeziumShop shop = await debezium.OpenAsync();
        await shop.InsertAsync(SnapshotRows);
        await using ValidationHost host = await StartAsync(shop);
        await shop.ConnectAsync();

        await Poll.UntilAsync(async () => await host.CountAsync("bronze.event") >= 2_000, TestTimeout, "no rows come");
        await shop.KillConnectAsync();
        await CameAsync(host, SnapshotRows);
        for (int part = 1; part <= 10; part++)
        {
            await shop.InsertAsync(StreamedRows / 10);
            if (part == 5)
            {
                await shop.KillConnectAsync();
            }
        }

        await CameAsync(host, SnapshotRows + StreamedRows);
        // All rows once more, beside changes that are none of a visitor.
        await shop.ExecuteAsync(
            "update events set id = id + 1000000 where id in (1, 2); delete from events where id = 3; update events set price = 7 where id = 4"
        );
        await shop.ExecuteAsync(
            """insert into debezium_signal values ('again', 'execute-snapshot', '{"data-collections":["public.events"],"type":"incremental"}')"""
        );
        await shop.InsertAsync(100);
        await Poll.UntilAsync(
            async () =>
                await CountAsync(
                    host,
                    "coalesce(sum(messages), 0) from validation.change_feed_count where what = 'read'"
                )
                >= (2 * SnapshotRows) + StreamedRows - 1,
            TestTimeout,
            "the incremental snapshot does not come"
        );
        await CameAsync(host, SnapshotRows + StreamedRows + 100);

        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
        Assert.Equal(
            SnapshotRows + StreamedRows + 100,
            await CountAsync(host, "count(distinct event_id) from bronze.event")
        );
        Assert.Equal(
            2,
            await CountAsync(
                host,
                "coalesce(sum(messages), 0) from validation.change_feed_count where what = 'rekeyed'"
            )
        );
        Assert.True(
            await CountAsync(
                host,
                "coalesce(sum(messages), 0) from validation.change_feed_count where what = 'repeated'"
            ) > SnapshotRows
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task Columns_that_come_go_and_get_another_type_while_rows_stream_lose_no_row_and_no_value()
    {
        await using DebeziumShop shop = await debezium.OpenAsync();
        await shop.InsertAsync(100);
        await using ValidationHost host = await StartAsync(shop);
        await shop.ConnectAsync();
        await CameAsync(host, 100);

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task<int> writing = shop.WriteAsync(end.Token);
        string[] changes =
        [
            "alter table events add column note text not null default 'new', add column paid boolean",
            "alter table events drop column brand",
            "alter table events alter product_id type text using 'p-' || product_id, alter user_id type integer",
            "alter table events alter price type double precision, alter event_time type timestamp using event_time at time zone 'UTC'",
            "alter table events add column brand varchar(20) default 'again', drop column category_code",
        ];
        foreach (string change in changes)
        {
            long before = await host.CountAsync("bronze.event");
            await shop.ExecuteAsync(change);
            await Poll.UntilAsync(
                async () => await host.CountAsync("bronze.event") > before + 50,
                TestTimeout,
                $"no rows come after: {change}"
            );
        }

        await end.CancelAsync();
        int rows = 100 + await writing;
        await CameAsync(host, rows);

        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
        Assert.Equal(await shop.SumAsync("price"), await SumAsync(host, "price"));
        Assert.Equal(
            await shop.SumAsync("extract(epoch from event_time)"),
            await SumAsync(host, "extract(epoch from event_time)")
        );
        Assert.Equal(
            rows,
            await CountAsync(
                host,
                "count(*) from bronze.event where product_id ~ '^(p-)?[0-9]{20}$' and user_id ~ '^[0-9]{9}$'"
            )
        );
        foreach (string brand in (string[])[" = 'alnex'", " is null", " = 'again'"])
        {
            Assert.NotEqual(0, await host.CountAsync($"bronze.event where brand{brand}"));
        }

        // A column that events need is said where it lacks, and the rows are kept.
        await shop.ExecuteAsync("alter table events drop column price");
        await shop.InsertAsync(3, priced: false);
        await Poll.UntilEqualAsync(
            3,
            () => host.CountAsync("validation.invalid_event where 'price_present' = any(rules)"),
            TestTimeout,
            "rows without a price"
        );
        await shop.ExecuteAsync("alter table events add column price numeric(10, 2)");
        await shop.InsertAsync(5);
        await CameAsync(host, rows + 5);
    }

    private async Task<ValidationHost> StartAsync(DebeziumShop shop) =>
        await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", shop.BootstrapServers)
        );

    private static Task CameAsync(ValidationHost host, long rows) =>
        Poll.UntilEqualAsync(rows, () => host.CountAsync("bronze.event"), TestTimeout, "events in bronze");

    private static async Task<decimal> SumAsync(ValidationHost host, string what)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            $"select sum({what})::numeric from bronze.event"
        );
        return (decimal)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    private static async Task<long> CountAsync(ValidationHost host, string what)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            $"select ({what.Split(" from ", 2)[0]})::bigint from {what.Split(" from ", 2)[1]}"
        );
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
