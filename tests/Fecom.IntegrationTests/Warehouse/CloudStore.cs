using System.Globalization;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>A warehouse that is published, and what its gold has.</summary>
internal sealed class CloudStore : IDisposable
{
    private CloudStore(WarehouseStore warehouse) => Warehouse = warehouse;

    public WarehouseStore Warehouse { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Events wait in the table <c>made</c>, 300 of them.</summary>
    public static async Task<CloudStore> CreateAsync(Servers servers, params (string, string)[] settings)
    {
        WarehouseStore warehouse = await WarehouseStore.CreateAsync(servers, settings);
        await warehouse.ExecuteAsync(GoldTests.Made(5, 300));
        return new CloudStore(warehouse);
    }

    /// <summary>Brings made events to gold.</summary>
    public async Task PromoteAsync(string where)
    {
        await Warehouse.WriteBatchAsync(where);
        Assert.Empty((await Warehouse.RunAsync()).Failures);
    }

    public Task<(int Batches, CloudCounts Counts)> PublishAsync() => PublishAsync((_, _) => { }, Cancelled);

    public Task<(int Batches, CloudCounts Counts)> PublishAsync(
        Action<string, double> report,
        CancellationToken cancellationToken
    ) => Warehouse.Service<CloudPublisher>().RunAsync(report, cancellationToken);

    /// <summary>Publishes, and cuts each attempt off one step later than the one before, until one comes to its end.</summary>
    /// <returns>Attempts that were cut off.</returns>
    public async Task<int> PublishCutOffEverywhereAsync()
    {
        for (int cutAt = 1; ; cutAt++)
        {
            int steps = 0;
            using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            try
            {
                await PublishAsync(
                    (_, _) =>
                    {
                        if (++steps == cutAt)
                        {
                            cut.Cancel();
                        }
                    },
                    cut.Token
                );
                return cutAt - 1;
            }
            catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
            {
                Assert.InRange(cutAt, 1, 100);
            }
        }
    }

    /// <summary>Publishes, and is cut off with the first table of the batch, which stays open.</summary>
    public async Task PublishCutOffOnceAsync()
    {
        using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PublishAsync((_, _) => cut.Cancel(), cut.Token));
    }

    /// <summary>Publishes a time before the year 1, which fails and is told of, and then one that can be taken.</summary>
    public async Task AssertTimeIsToldOfAsync()
    {
        await Warehouse.ExecuteAsync(
            """
            insert into gold.dim_customer (customer_trx_id, valid_from, is_current, subscribed_at)
            values ('c1', '2026-01-01Z', true, '0001-12-31 23:00:00+00 BC')
            """
        );

        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => PublishAsync());

        Assert.Contains("subscribed_at of gold.dim_customer", refused.Message, StringComparison.Ordinal);
        HealthReportEntry health = await Warehouse.HealthAsync("cloud_warehouse");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("subscribed_at of gold.dim_customer", health.Description, StringComparison.Ordinal);

        await Warehouse.ExecuteAsync("update gold.dim_customer set subscribed_at = null");
        // The batch that failed, and the change that was noted now.
        Assert.Equal(2, (await PublishAsync()).Batches);
        Assert.Equal(HealthStatus.Healthy, (await Warehouse.HealthAsync("cloud_warehouse")).Status);
    }

    /// <summary>As when the host was killed after the target had the last batch, and before that was written down here.</summary>
    public Task ForgetLastBatchAsync() =>
        Warehouse.ExecuteAsync(
            """
            update cloud.target t
            set batch = b.batch, batch_id = b.id
            from (select batch, id from cloud.batch order by batch desc offset 1 limit 1) as b;
            update cloud.batch set published_at = null where batch = (select max(batch) from cloud.batch);
            insert into cloud.change (table_name, key, batch)
            select 'dim_user', array[user_id], (select max(batch) from cloud.batch) from gold.dim_user
            """
        );

    public Task<IReadOnlyList<CloudTable>> TablesAsync() => TablesAsync(Warehouse.Database);

    /// <summary>Every row of each table, as text.</summary>
    public Task<SortedDictionary<string, string>> GoldAsync() => RowsAsync(Warehouse.Database, "gold");

    /// <summary>The same of another database with gold's tables.</summary>
    public Task<SortedDictionary<string, string>> RowsAsync(NpgsqlDataSource database, string schema) =>
        RowsAsync(Warehouse.Database, database, schema);

    /// <summary>The same of a schema of any database, which has the tables of gold.</summary>
    public static async Task<SortedDictionary<string, string>> RowsAsync(
        NpgsqlDataSource gold,
        NpgsqlDataSource database,
        string schema
    )
    {
        SortedDictionary<string, string> rows = new(StringComparer.Ordinal);
        foreach (CloudTable table in await TablesAsync(gold))
        {
            string columns = string.Join(" || '|' || ", table.Columns.Select(Postgres));
            await using NpgsqlCommand read = database.CreateCommand(
                $"select coalesce(string_agg(row, E'\\n' order by row), '') from (select {columns} as row from {schema}.{table.Name}) as r"
            );
            rows[table.Name] = (string)(await read.ExecuteScalarAsync(Cancelled))!;
        }

        return rows;
    }

    /// <summary>Fails with the first table that differs.</summary>
    public static void AssertEqual(SortedDictionary<string, string> gold, SortedDictionary<string, string> cloud)
    {
        foreach ((string table, string rows) in gold)
        {
            Assert.Equal($"{table}\n{rows}", $"{table}\n{cloud[table]}");
        }
    }

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => Warehouse.Dispose();

    private static Task<IReadOnlyList<CloudTable>> TablesAsync(NpgsqlDataSource gold) =>
        CloudTable.ReadAsync(gold, GoldTables.All, Cancelled);

    private static string Postgres(CloudColumn column) =>
        column.Kind == CloudKind.Numeric
            ? $"coalesce(round(\"{column.Name}\", {CloudColumn.Scale})::text, '-')"
            : $"coalesce(\"{column.Name}\"::text, '-')";
}
