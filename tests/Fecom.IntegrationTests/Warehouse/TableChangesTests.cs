using System.Text;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Fecom.Warehouse.ForgetEvents;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The tables' changes on their topics come to bronze once each, whatever is sent again, and what is no change becomes a dead letter.</summary>
public sealed class TableChangesTests(Servers servers)
{
    private static readonly string Topic = Topics.TableChanges(FecomTables.Orders.Name);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Changes_are_taken_once_and_what_is_none_is_kept_as_a_dead_letter_with_the_reason()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        OutgoingMessage[] orders =
        [
            .. Enumerable.Range(1, 200).Select(i => Order(i, TablesTests.Message(1 + (i % 28), null, Row($"o{i}")))),
        ];
        await SendAsync(host, orders);
        // Again, as after a crash of the sender, and with more behind it.
        await SendAsync(
            host,
            [
                .. orders,
                Order(201, TablesTests.Message(28, Row("o1"), null)),
                Order(
                    202,
                    """{"op":"c","after":{"order_id":""},"source":{"file":"t.csv","snapshot":1,"ts":"2026-01-01T00:00:00Z"}}"""
                ),
                Order(203, """{"op":"x","source":{"file":"t.csv","snapshot":1,"ts":"2026-01-01T00:00:00Z"}}"""),
                Order(
                    204,
                    """{"op":"c","after":{"order_id":"o"},"source":{"file":"t.csv","snapshot":1,"ts":"2126-01-01T00:00:00Z"}}"""
                ),
                Order(205, "no JSON"),
                Order(206, TablesTests.Message(28, null, """{"order_id":"nul","order_status":"a\u0000b"}""")),
            ]
        );

        Assert.Equal(202, await host.CountAsync("bronze.table_change where table_name = 'orders'"));
        Assert.Equal(202, await host.CountAsync("bronze.table_change", "count(distinct change_id)"));
        Assert.Equal(202, await host.CountAsync("bronze.change_batch", "sum(changes)::bigint"));
        Assert.Equal(
            1,
            await host.CountAsync(
                "bronze.table_change where op = 'd' and after is null and before ->> 'order_id' = 'o1'"
            )
        );
        Assert.Equal(
            1,
            await host.CountAsync("bronze.table_change where key = 'nul' and after ->> 'order_status' = U&'a\\FFFDb'")
        );
        await Poll.UntilEqualAsync(
            4,
            () => host.CountAsync("platform.dead_letter where endpoint = 'changes.orders'"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
        Assert.Equal(1, await host.CountAsync("platform.dead_letter where reason like '%part of the key%'"));
        Assert.Equal(1, await host.CountAsync("platform.dead_letter where reason like '%2000 to 2099%'"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_month_that_was_dropped_comes_back_when_the_endpoint_reads_again_and_an_old_one_goes_once_silver_has_it()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        await SendAsync(
            host,
            [.. Enumerable.Range(1, 60).Select(i => Order(i, Message(i % 2 == 0 ? "2026-01" : "2026-02", i)))]
        );
        Assert.Equal(60, await host.CountAsync("bronze.table_change"));

        await using (Npgsql.NpgsqlCommand drop = host.Database.CreateCommand("drop table bronze.table_change_202601"))
        {
            await drop.ExecuteNonQueryAsync(Cancelled);
        }

        using HttpResponseMessage moved = await host.PostAsync(
            "/api/v1/pipeline/endpoints/changes.orders/offsets",
            """{"to":"start"}"""
        );
        moved.EnsureSuccessStatusCode();
        await Poll.UntilEqualAsync(
            60,
            () => host.CountAsync("bronze.table_change"),
            TimeSpan.FromSeconds(60),
            "changes in bronze"
        );
        Assert.Equal(30, await host.CountAsync("bronze.table_change_202601"));

        OldMonths months = host.Services.GetRequiredService<OldMonths>();
        DateTime march = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(0, await months.ForgetAsync(march, Cancelled));
        await host
            .Services.GetRequiredService<Fecom.Warehouse.LoadWarehouse.WarehouseChain>()
            .RunAsync(_ => { }, Cancelled);
        Assert.Equal(1, await months.ForgetAsync(march.AddDays(-1), Cancelled));
        Assert.Equal(30, await host.CountAsync("bronze.table_change"));
        Assert.Equal(60, await host.CountAsync("silver.orders where is_current"));
    }

    private static async Task SendAsync(ValidationHost host, OutgoingMessage[] messages)
    {
        await host.Producer.SendAsync(Topic, messages, Cancelled);
        await host.Barrier.PassAsync(Topic, Cancelled);
    }

    private static OutgoingMessage Order(int position, string json) =>
        new(
            Encoding.UTF8.GetBytes($"o{position % 7}"),
            Encoding.UTF8.GetBytes(json),
            new MessageOrigin("fecom:orders", position, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc))
        );

    private static string Row(string order) =>
        $$"""{"order_id":"{{order}}","customer_trx_id":"c","order_purchase_timestamp":"2024-01-01 10:00"}""";

    private static string Message(string month, int order) =>
        TablesTests.Message(5, null, Row($"o{order}")).Replace("2026-01", month, StringComparison.Ordinal);
}
