using Fecom.Testing;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Gold on a second PostgreSQL: every row, whatever was cut off and whichever server was killed.</summary>
public sealed class CloudPostgresTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 240_000)]
    [InlineData("auto")]
    [InlineData("redshift")]
    public async Task What_changed_in_gold_and_no_more_comes_to_the_target(string dialect)
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync(("CloudWarehouse:Postgres:Dialect", dialect));
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 200");
        Assert.Equal(1, (await store.PublishAsync()).Batches);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
        Assert.Equal(0, (await store.PublishAsync()).Batches);

        await store.PromoteAsync("n between 201 and 230");
        (int batches, CloudCounts counts) = await store.PublishAsync();
        Assert.Equal(1, batches);
        Assert.InRange(counts.Rows, 30, 300);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));

        // As a deletion of a user does it, beside events that are new.
        await store.PromoteAsync("n > 230");
        foreach (string table in (string[])["fact_event", "fact_session", "fact_cart", "dim_user"])
        {
            await store.Warehouse.ExecuteAsync($"delete from gold.{table} where user_id = 'u1'");
        }

        (_, counts) = await store.PublishAsync();
        Assert.True(counts.Deletions > 3, $"{counts}");
        SortedDictionary<string, string> gold = await store.GoldAsync();
        CloudStore.AssertEqual(gold, await store.RowsAsync(cloud, "shop"));
        Assert.DoesNotContain("|u1|", gold["fact_event"], StringComparison.Ordinal);
        Assert.Equal(0, await store.Warehouse.AskAsync<long>("select count(*) from cloud.change"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_publication_that_is_cut_off_anywhere_is_there_once_in_the_end()
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync(("CloudWarehouse:BatchRows", "60"));
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 150");
        Assert.InRange(await store.PublishCutOffEverywhereAsync(), 5, 100);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));

        await store.PromoteAsync("n > 150");
        Assert.InRange(await store.PublishCutOffEverywhereAsync(), 3, 100);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));

        await store.ForgetLastBatchAsync();
        Assert.Equal((1, default), await store.PublishAsync());
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
        Assert.Equal(0, await store.Warehouse.AskAsync<long>("select count(*) from cloud.change"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_target_that_is_killed_in_the_middle_is_waited_for_and_gets_all()
    {
        await using PrivatePostgres server = await PrivatePostgres.StartAsync();
        await using NpgsqlDataSource cloud = NpgsqlDataSource.Create(await server.CreateDatabaseAsync());
        using CloudStore store = await CreateAsync($"{cloud.ConnectionString};Password=very-secret");
        await store.PromoteAsync("n <= 150");
        await store.PublishAsync();
        await store.PromoteAsync("n > 150");

        CloudTargetException away = await Assert.ThrowsAsync<CloudTargetException>(() =>
            store.PublishAsync(KillAtThird(server), Cancelled)
        );

        Assert.Contains("CloudWarehouse:Postgres", away.Message, StringComparison.Ordinal);
        HealthReportEntry health = await store.Warehouse.HealthAsync("cloud_warehouse");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("changes", health.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", $"{away}{health.Description}", StringComparison.Ordinal);
        CloudBody status = await store.Warehouse.Service<CloudStatus>().ReadAsync(Cancelled);
        Assert.NotNull(status.AwaySeconds);
        Assert.True(status.WaitingChanges > 0);
        Assert.DoesNotContain("very-secret", $"{status}", StringComparison.Ordinal);

        await server.StartServerAsync();
        NpgsqlConnection.ClearAllPools();
        Assert.Equal(1, (await store.PublishAsync()).Batches);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
        Assert.Equal(HealthStatus.Healthy, (await store.Warehouse.HealthAsync("cloud_warehouse")).Status);
        Assert.Null((await store.Warehouse.Service<CloudStatus>().ReadAsync(Cancelled)).AwaySeconds);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_source_that_fails_in_the_middle_of_a_table_leaves_nothing_of_the_batch_at_the_target()
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync();
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 150");
        await store.PublishAsync();
        SortedDictionary<string, string> before = await store.RowsAsync(cloud, "shop");
        await store.PromoteAsync("n > 150");
        // The last of the noted keys is no time, which the copy meets after it has begun.
        await store.Warehouse.ExecuteAsync(
            "insert into cloud.change (table_name, key) values ('dim_product', array['p', 'no time'])"
        );

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => store.PublishAsync());

        CloudStore.AssertEqual(before, await store.RowsAsync(cloud, "shop"));
        await store.Warehouse.ExecuteAsync("delete from cloud.change where key = array['p', 'no time']");
        Assert.Equal(1, (await store.PublishAsync()).Batches);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_slice_that_fails_a_rule_is_not_published_before_it_is_mended()
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync();
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 100");
        await store.PublishAsync();
        await store.Warehouse.WriteBatchAsync("n > 100");
        await store.Warehouse.ExecuteAsync(
            "update gold.agg_kpi_hourly set views = views + 1 where is_total and hour = (select min(hour) from gold.agg_kpi_hourly)"
        );
        await store.PublishAsync();

        Assert.Single((await store.Warehouse.RunAsync()).Failures);
        Assert.Equal(0, (await store.PublishAsync()).Batches);

        await store.Warehouse.ExecuteAsync(
            "update gold.agg_kpi_hourly set views = views - 1 where is_total and hour = (select min(hour) from gold.agg_kpi_hourly)"
        );
        Assert.Empty((await store.Warehouse.RunAsync()).Failures);
        await store.PublishAsync();
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_target_that_lost_rows_or_columns_gets_them_whole_and_one_of_somebody_else_is_left_alone()
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync();
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 100");
        await store.PublishAsync();

        // As after an older state of it was restored.
        await ExecuteAsync(cloud, "delete from shop.fact_session; delete from shop.fecom_publication");
        await store.PromoteAsync("n between 101 and 200");
        await store.PublishAsync();
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));

        await store.Warehouse.ExecuteAsync(
            "alter table gold.dim_user add column rank integer; update gold.dim_user set rank = 7"
        );
        await store.PublishAsync();
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));

        await ExecuteAsync(cloud, "update shop.fecom_publication set source = 'another'");
        await store.PromoteAsync("n > 200");
        CloudTargetException refused = await Assert.ThrowsAsync<CloudTargetException>(() => store.PublishAsync());
        Assert.Contains("CloudWarehouse:Schema", refused.Message, StringComparison.Ordinal);

        // Nothing is noted any more once there is no target.
        Assert.True(await store.Warehouse.Service<CloudChanges>().StopAsync(Cancelled));
        await store.Warehouse.ExecuteAsync("delete from gold.dim_user");
        Assert.Equal(0, await store.Warehouse.AskAsync<long>("select count(*) from cloud.change"));
        Assert.False(await store.Warehouse.Service<CloudChanges>().StopAsync(Cancelled));
    }

    /// <summary>As when the host stopped in the middle of a batch, and the next version added a column. Its default fires no trigger.</summary>
    [Theory(Timeout = 240_000)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task A_column_that_is_added_while_a_batch_is_open_comes_to_the_target_for_every_row(
        bool targetHasBatch,
        int batches
    )
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync();
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.PromoteAsync("n <= 100");
        await store.PublishAsync();
        await store.Warehouse.ExecuteAsync("update gold.dim_user set last_seen_at = last_seen_at where user_id = 'u1'");
        if (targetHasBatch)
        {
            await store.PublishAsync();
            await store.ForgetLastBatchAsync();
        }
        else
        {
            await store.PublishCutOffOnceAsync();
        }

        await store.Warehouse.ExecuteAsync("alter table gold.dim_user add column rank integer default 7");

        Assert.Equal(batches, (await store.PublishAsync()).Batches);
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
        Assert.Equal(0, (await store.PublishAsync()).Batches);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_time_that_Redshift_cannot_take_is_told_of_with_its_column()
    {
        (CloudStore made, NpgsqlDataSource target) = await CreateAsync(("CloudWarehouse:Postgres:Dialect", "redshift"));
        using CloudStore store = made;
        await using NpgsqlDataSource cloud = target;
        await store.AssertTimeIsToldOfAsync();
        CloudStore.AssertEqual(await store.GoldAsync(), await store.RowsAsync(cloud, "shop"));
    }

    /// <summary>A table that is not in the list, or whose key tells no rows apart, would be missed or mixed up at the target.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Every_table_of_gold_is_published_with_types_that_each_warehouse_has_and_a_key_of_its_own()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        string tables = await store.AskAsync<string>(
            """
            select string_agg(relname::text, ' ' order by relname) from pg_class
            where relnamespace = 'gold'::regnamespace and relkind in ('r', 'p') and not relispartition
            """
        );
        Assert.Equal(
            tables,
            string.Join(' ', GoldTables.All.Select(table => table.Name).Order(StringComparer.Ordinal))
        );
        foreach (CloudTable table in await CloudTable.ReadAsync(store.Database, GoldTables.All, Cancelled))
        {
            Assert.All(
                table.Columns,
                column => Assert.All(Enum.GetValues<CloudSql>(), sql => Assert.NotEmpty(column.TypeIn(sql)))
            );
            Assert.All(table.KeyColumns, column => Assert.False(column.IsNullable, $"{table.Name}.{column.Name}"));
            if (table.Gold.Slices is null)
            {
                Assert.Equal(
                    1,
                    await store.AskAsync<long>(
                        $"""
                        select count(*) from pg_index i
                        where i.indrelid = 'gold.{table.Name}'::regclass and i.indisunique and i.indpred is null and array(
                            select a.attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey) order by 1
                        ) = array(select unnest(array[{string.Join(
                            ", ",
                            table.Gold.Key.Select(key => $"'{key}'")
                        )}]) order by 1)
                        """
                    )
                );
            }
        }
    }

    private async Task<(CloudStore Store, NpgsqlDataSource Cloud)> CreateAsync(params (string, string)[] settings)
    {
        string target = await servers.Postgres.CreateDatabaseAsync();
        return (await CreateAsync(target, settings), NpgsqlDataSource.Create(target));
    }

    private Task<CloudStore> CreateAsync(string target, params (string, string)[] settings) =>
        CloudStore.CreateAsync(
            servers,
            [
                ("CloudWarehouse:Provider", "postgres"),
                ("CloudWarehouse:Postgres:ConnectionString", target),
                ("CloudWarehouse:Schema", "shop"),
                .. settings,
            ]
        );

    private static Action<string, double> KillAtThird(PrivatePostgres server)
    {
        int steps = 0;
        return (_, _) =>
        {
            if (++steps == 3)
            {
                server.KillAsync().GetAwaiter().GetResult();
            }
        };
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
