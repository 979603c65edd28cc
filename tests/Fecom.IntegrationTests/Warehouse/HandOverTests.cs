using System.Text.Json;
using Fecom.IntegrationTests.Jobs;
using Fecom.Platform.Jobs;
using Fecom.Warehouse.LoadWarehouse;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The chain's last link: a load that has promoted something starts the publication, and one that has not does not.</summary>
public sealed class HandOverTests(Servers servers)
{
    [Fact(Timeout = 240_000)]
    public async Task A_load_starts_the_publication_of_what_it_promoted_and_a_failed_gate_starts_none()
    {
        string target = await servers.Postgres.CreateDatabaseAsync();
        await using NpgsqlDataSource cloud = NpgsqlDataSource.Create(target);
        using CloudStore store = await CloudStore.CreateAsync(
            servers,
            ("CloudWarehouse:Provider", "postgres"),
            ("CloudWarehouse:Postgres:ConnectionString", target),
            ("CloudWarehouse:Schema", "shop")
        );
        WarehouseStore warehouse = store.Warehouse;
        JobStarter? starter = null;
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [
                new TestJob(
                    LoadWarehouseJob.Name,
                    (run, cancellationToken) =>
                        new LoadWarehouseJob(
                            warehouse.Chain,
                            starter!,
                            warehouse.Service<IOptions<CloudOptions>>()
                        ).RunAsync(run, cancellationToken)
                ),
                new TestJob(
                    PublishGoldJob.Name,
                    (run, cancellationToken) =>
                        new PublishGoldJob(warehouse.Service<CloudPublisher>()).RunAsync(run, cancellationToken)
                ),
            ]
        );
        starter = host.Services.GetRequiredService<JobStarter>();

        await warehouse.WriteBatchAsync("n <= 100");
        JsonElement load = await LoadedAsync(host, "completed");
        long publication = await host.OnlyRunAsync(PublishGoldJob.Name);
        Assert.Contains(
            $"{PublishGoldJob.Name}, run {publication}",
            load.GetProperty("progress").GetString(),
            StringComparison.Ordinal
        );
        await host.ReachedAsync(PublishGoldJob.Name, publication, "completed", seconds: 60);
        SortedDictionary<string, string> published = await store.RowsAsync(cloud, "shop");
        CloudStore.AssertEqual(await store.GoldAsync(), published);

        await warehouse.WriteBatchAsync("n > 100");
        await warehouse.ExecuteAsync("update bronze.event_batch set events = events + 1");
        load = await LoadedAsync(host, "failed");
        Assert.Contains("bronze_rows_reconcile", $"{load}", StringComparison.Ordinal);
        Assert.Single(await host.RunsAsync(PublishGoldJob.Name));

        await warehouse.ExecuteAsync("update bronze.event_batch set events = events - 1");
        await LoadedAsync(host, "completed");
        JsonElement[] runs = await host.RunsAsync(PublishGoldJob.Name);
        Assert.Equal(2, runs.Length);
        await host.ReachedAsync(
            PublishGoldJob.Name,
            runs.Max(run => run.GetProperty("id").GetInt64()),
            "completed",
            seconds: 60
        );
        SortedDictionary<string, string> gold = await store.GoldAsync();
        CloudStore.AssertEqual(gold, await store.RowsAsync(cloud, "shop"));
        Assert.NotEqual(gold["fact_event"], published["fact_event"]);
    }

    /// <summary>Runs a load to its end; whatever it starts is there then.</summary>
    private static async Task<JsonElement> LoadedAsync(JobHost host, string state) =>
        await host.ReachedAsync(
            LoadWarehouseJob.Name,
            await host.RequestAsync(LoadWarehouseJob.Name, onlyIfNeeded: true),
            state,
            seconds: 60
        );
}
