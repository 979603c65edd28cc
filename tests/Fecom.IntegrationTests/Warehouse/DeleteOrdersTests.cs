using System.Text;
using Fecom.Contracts;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Fecom.Warehouse.DeleteUsers;
using Fecom.Warehouse.LoadWarehouse;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>A user's customers and orders go with them, from every tier and for good; those of others stay.</summary>
public sealed class DeleteOrdersTests(Servers servers)
{
    private static readonly string[] Tables =
    [
        "bronze.table_change where coalesce(after, before)::text like '%\"{0}\"%'",
        "silver.customers where subscriber_id = '{0}' or customer_trx_id = '{0}'",
        "silver.orders where order_id = '{0}'",
        "silver.order_items where order_id = '{0}'",
        "silver.order_payments where order_id = '{0}'",
        "silver.order_reviews where order_id = '{0}'",
        "silver.touched where key = '{0}'",
        "silver.waiting_order where order_id = '{0}'",
        "gold.dim_customer where user_id = '{0}' or customer_trx_id = '{0}'",
        "gold.fact_order where order_id = '{0}' or user_id = '{0}'",
        "gold.fact_order_item where order_id = '{0}'",
        "gold.fact_review where order_id = '{0}'",
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_deleted_users_orders_are_in_no_tier_and_do_not_come_back()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fecom-delete-orders-");
        try
        {
            string target = await servers.Postgres.CreateDatabaseAsync();
            await using NpgsqlDataSource cloud = NpgsqlDataSource.Create(target);
            await using PipelineHost host = await PipelineHost.StartAsync(
                await servers.Postgres.CreateDatabaseAsync(),
                redis.ConnectionString,
                more: null,
                ("Paths:Lake", folder.FullName),
                ("CloudWarehouse:Provider", "postgres"),
                ("CloudWarehouse:Postgres:ConnectionString", target),
                ("CloudWarehouse:Schema", "shop")
            );
            Dictionary<string, long> positions = [];
            WarehouseChain chain = host.Services.GetRequiredService<WarehouseChain>();
            // u1 has an order that is in gold and one that silver has yet to take, u12 has an order of their own.
            await SendAsync(host, positions, [.. Order("u1", "a"), .. Order("u12", "b"), .. Seller()]);
            Assert.Empty((await chain.RunAsync(_ => { }, Cancelled)).Failures);
            Assert.Equal(2, await CountAsync(host, "gold.fact_order"));
            Assert.Equal(2, await PublishedAsync(host, cloud));
            await SendAsync(host, positions, [.. Order("u1", "c")]);
            string others = await StandAsync(host, "u12", "customer-b", "order-b");

            UserDeletions deletions = host.Services.GetRequiredService<UserDeletions>();
            UserDeletion asked = await deletions.RequestAsync("u1", Cancelled);
            DeleteUsersJob job = ActivatorUtilities.CreateInstance<DeleteUsersJob>(host.Services);
            OpenDeletion open = Assert.Single(await deletions.OpenAsync(Cancelled));
            using (CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled))
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                    job.DeleteAsync(open, step => Cut(step, cut), cut.Token)
                );
            }

            await job.DeleteAsync(open, _ => { }, Cancelled);
            UserDeletion done = (await deletions.FindAsync(asked.Id, Cancelled))!;
            Assert.Equal("completed", done.State);
            Assert.Equal(10, Assert.Single(done.Deleted, store => store.Store == "bronze.table_change").Records);
            Assert.Equal(1, Assert.Single(done.Deleted, store => store.Store == "gold.fact_order").Records);
            Assert.Equal(
                0,
                await CountAsync(host, "bronze.user_deletion where customers is not null or orders is not null")
            );
            await AssertGoneAsync(host);
            Assert.Equal(others, await StandAsync(host, "u12", "customer-b", "order-b"));
            Assert.Equal(1, await PublishedAsync(host, cloud));

            // What was on its way keeps the rules, and the same and later changes of the orders are not taken.
            Assert.Empty((await chain.RunAsync(_ => { }, Cancelled)).Failures);
            Assert.Equal(0, await CountAsync(host, "bronze.change_batch"));
            await SendAsync(host, positions, [.. Order("u1", "a"), .. Order("u1", "c"), .. Order("u12", "d")]);
            Assert.Empty((await chain.RunAsync(_ => { }, Cancelled)).Failures);
            await AssertGoneAsync(host);
            Assert.Equal(2, await CountAsync(host, "gold.fact_order where user_id = 'u12'"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Publishes gold; then the cloud warehouse has what gold has.</summary>
    /// <returns>Its orders.</returns>
    private static async Task<long> PublishedAsync(PipelineHost host, NpgsqlDataSource cloud)
    {
        await host.Services.GetRequiredService<CloudPublisher>().RunAsync((_, _) => { }, Cancelled);
        CloudStore.AssertEqual(
            await CloudStore.RowsAsync(host.Database, host.Database, "gold"),
            await CloudStore.RowsAsync(host.Database, cloud, "shop")
        );
        await using NpgsqlCommand count = cloud.CreateCommand("select count(*) from shop.fact_order");
        return (long)(await count.ExecuteScalarAsync(Cancelled))!;
    }

    private static void Cut(string step, CancellationTokenSource cut)
    {
        if (step.StartsWith("features", StringComparison.Ordinal))
        {
            cut.Cancel();
        }
    }

    private static async Task AssertGoneAsync(PipelineHost host)
    {
        foreach (string name in (string[])["u1", "customer-a", "order-a", "customer-c", "order-c"])
        {
            Assert.Equal("", await StandAsync(host, name));
        }
    }

    /// <summary>What there is of the names, table by table.</summary>
    private static async Task<string> StandAsync(PipelineHost host, params string[] names)
    {
        StringBuilder stand = new();
        foreach (
            string table in names.SelectMany(name =>
                Tables.Select(table => table.Replace("{0}", name, StringComparison.Ordinal))
            )
        )
        {
            if (await CountAsync(host, table) is > 0 and var rows)
            {
                stand.Append(System.Globalization.CultureInfo.InvariantCulture, $"{table}: {rows}\n");
            }
        }

        return stand.ToString();
    }

    private static IEnumerable<(FecomTable Table, string Row)> Seller() =>
        [
            (FecomTables.Sellers, """{"seller_id":"s1","seller_name":"A"}"""),
            (FecomTables.Products, """{"product_id":"p1","product_category_name":"Toys"}"""),
        ];

    private static IEnumerable<(FecomTable Table, string Row)> Order(string user, string name) =>
        [
            (FecomTables.Customers, $$"""{"customer_trx_id":"customer-{{name}}","subscriber_id":"{{user}}"}"""),
            (
                FecomTables.Orders,
                $$"""{"order_id":"order-{{name}}","customer_trx_id":"customer-{{name}}","order_purchase_timestamp":"2024-01-01 10:00"}"""
            ),
            (
                FecomTables.OrderItems,
                $$"""{"order_id":"order-{{name}}","order_item_id":1,"product_id":"p1","seller_id":"s1","price":10,"freight_value":2}"""
            ),
            (
                FecomTables.OrderPayments,
                $$"""{"order_id":"order-{{name}}","payment_sequential":1,"payment_value":12}"""
            ),
            (
                FecomTables.OrderReviews,
                $$"""{"review_id":"review-{{name}}","order_id":"order-{{name}}","review_score":5}"""
            ),
        ];

    /// <summary>Each row as created, in a snapshot of its own.</summary>
    private static async Task SendAsync(
        PipelineHost host,
        Dictionary<string, long> positions,
        (FecomTable Table, string Row)[] rows
    )
    {
        foreach (IGrouping<FecomTable, (FecomTable Table, string Row)> of in rows.GroupBy(row => row.Table))
        {
            string topic = Topics.TableChanges(of.Key.Name);
            List<OutgoingMessage> messages = [];
            foreach ((FecomTable table, string row) in of)
            {
                long position = positions[table.Name] = positions.GetValueOrDefault(table.Name) + 1;
                messages.Add(
                    new(
                        "k"u8.ToArray(),
                        Encoding.UTF8.GetBytes(TablesTests.Message((int)position, null, row)),
                        new MessageOrigin(
                            $"fecom:{table.Name}",
                            position,
                            new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)
                        )
                    )
                );
            }

            await host.Producer.SendAsync(topic, messages, Cancelled);
            await host.Barrier.PassAsync(topic, Cancelled);
        }
    }

    private static async Task<long> CountAsync(PipelineHost host, string table)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
