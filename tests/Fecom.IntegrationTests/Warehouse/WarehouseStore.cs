using Fecom.Platform.Storage;
using Fecom.Warehouse;
using Fecom.Warehouse.ListTables;
using Fecom.Warehouse.LoadWarehouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>The warehouse's tables on a database of its own, without a stream: a test writes bronze as the sink does.</summary>
internal sealed class WarehouseStore : IDisposable
{
    private readonly IHost _host;

    private WarehouseStore(IHost host) => _host = host;

    public NpgsqlDataSource Database => _host.Services.GetRequiredService<NpgsqlDataSource>();

    public WarehouseChain Chain => _host.Services.GetRequiredService<WarehouseChain>();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<WarehouseStore> CreateAsync(Servers servers, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = await servers.Postgres.CreateDatabaseAsync(),
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
            }
        );
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddWarehouse();
        builder.Services.AddMigrations("platform", typeof(Migrator).Assembly);
        WarehouseStore store = new(builder.Build());
        await store._host.Services.GetRequiredService<Migrator>().MigrateAsync(Cancelled);
        return store;
    }

    public WarehouseTables Tables => _host.Services.GetRequiredService<WarehouseTables>();

    public T Service<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>What health says of the warehouse, or of another part.</summary>
    public async Task<HealthReportEntry> HealthAsync(string part = "warehouse") =>
        (
            await _host
                .Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(entry => entry.Name == part, Cancelled)
        ).Entries[part];

    /// <summary>Writes rows of the table <c>made</c> to bronze as one batch.</summary>
    /// <param name="where">Which of them.</param>
    /// <param name="reread">Whether the sink had been moved back.</param>
    public Task WriteBatchAsync(string where, bool reread = false) => ExecuteAsync(BatchSql(where, reread));

    public static string BatchSql(string where, bool reread) =>
        $"""
            with number as materialized (select nextval('bronze.event_batch_number') as batch),
            added as (
                insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                    category_code, brand, price, user_id, user_session, source, late, batch)
                select event_time, received_at, received_at, event_id, position, event_type, product_id, category_id, category_code, brand,
                    price, user_id, user_session, source, false, batch
                from made, number where {where} returning batch, event_time
            ), lake as (
                insert into lake.pending_batch (batch, day, events, reread)
                select batch, (event_time at time zone 'UTC')::date, count(*), {reread} from added group by 1, 2
            )
            insert into bronze.event_batch (batch, day, events, reread)
            select batch, (event_time at time zone 'UTC')::date, count(*), {reread} from added group by 1, 2
            """;

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    public async Task<T> AskAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Database.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    /// <summary>Runs the chain to its end.</summary>
    public Task<ChainProgress> RunAsync() => Chain.RunAsync(_ => { }, Cancelled);

    public void Dispose() => _host.Dispose();
}
