using Fecom.Platform.Storage;
using Fecom.Testing;
using Fecom.Warehouse;
using Fecom.Warehouse.LoadWarehouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>Bronze to silver to gold, past the quality rules: a backfill, and new events after it.</summary>
internal sealed class GoldStage : IDisposable
{
    private const int NewEvents = 100_000;

    private readonly IHost _host;
    private readonly PrivatePostgres _postgres;
    private long _events;

    private GoldStage(IHost host, PrivatePostgres postgres) => (_host, _postgres) = (host, postgres);

    private NpgsqlDataSource Database => _host.Services.GetRequiredService<NpgsqlDataSource>();

    public static async Task<GoldStage> StartAsync(PrivatePostgres postgres) =>
        new(await HostAsync(postgres), postgres);

    /// <summary>The warehouse on a database of its own, without a stream.</summary>
    public static async Task<IHost> HostAsync(PrivatePostgres postgres)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = await postgres.CreateDatabaseAsync(),
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
            }
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddWarehouse();
        IHost host = builder.Build();
        await host.Services.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None);
        return host;
    }

    /// <summary>Brings the next events from bronze to gold. Bronze's rows are made before the clock starts.</summary>
    public async Task<StageCosts> LoadAsync(long events)
    {
        await MakeAsync(events);
        StageMeter meter = new(Environment.ProcessId, [], _postgres.Pid);
        ChainProgress progress = await _host
            .Services.GetRequiredService<WarehouseChain>()
            .RunAsync(_ => { }, CancellationToken.None);
        StageCosts costs = meter.Stop(events);
        if (progress.Failures.Count > 0)
        {
            throw new InvalidOperationException(progress.Failures[0]);
        }

        await WrittenRows.CheckAsync(Database, WrittenRows.GoldAsync, _events);
        return costs;
    }

    /// <summary>Seconds that 100,000 new events take; the middle one of three times.</summary>
    public async Task<double> LoadNewAsync()
    {
        List<double> seconds = [];
        for (int i = 0; i < 3; i++)
        {
            seconds.Add(NewEvents / (await LoadAsync(NewEvents)).EventsPerSecond);
        }

        return seconds.Order().ElementAt(1);
    }

    public void Dispose() => _host.Dispose();

    /// <summary>
    /// 8 events a second; a thousand sessions of seven events at a time, each among the products of two categories; 50,000 products in
    /// all, of which few have most of the events.
    /// </summary>
    private async Task MakeAsync(long events)
    {
        const int Batch = 100_000;
        for (long first = _events; first < _events + events; first += Batch)
        {
            await using NpgsqlCommand make = Database.CreateCommand(
                """
                select format('create table if not exists bronze.event_%s partition of bronze.event for values from (%L) to (%L)',
                    to_char(day, 'YYYYMMDD'), day || 'T00:00:00Z', day + 1 || 'T00:00:00Z')
                from generate_series(0, (($2 - $1) / 691200) + 1) as days (number)
                cross join lateral (select '2024-01-01'::date + ($1 / 691200 + number)::integer as day) as d
                """
            );
            make.Parameters.Add(new() { Value = first });
            make.Parameters.Add(new() { Value = first + Batch });
            List<string> partitions = [];
            await using (NpgsqlDataReader reader = await make.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    partitions.Add(reader.GetString(0));
                }
            }

            await ExecuteAsync(string.Join(';', partitions));
            await ExecuteAsync(
                $"""
                with number as materialized (select nextval('bronze.event_batch_number') as batch), made as (
                    select n, '2024-01-01Z'::timestamptz + n * interval '125 milliseconds' as event_time,
                        hashint8(n + 7) & 255 as dice, session,
                        (session * 7 + (hashint8(n) & 1)) % 300 + 300 * floor(166 * power((hashint8(n) & 65535) / 65536.0, 3))::integer as product
                    from generate_series({first}::bigint, {Math.Min(first + Batch, _events + events) - 1}::bigint) as n
                    cross join lateral (select n / 7000 * 1000 + n % 1000 as session) as visit
                ), added as (
                    insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                        category_code, brand, price, user_id, user_session, source, late, batch)
                    select event_time, event_time, event_time, encode('\x0123456789abcdef' || int8send(n), 'hex')::uuid, n,
                        case when dice < 240 then 'view' when dice < 250 then 'cart' when dice < 251 then 'remove_from_cart' else 'purchase' end,
                        (1000000 + product)::text, (2053013555631882655 + product % 300)::text,
                        case when product % 3 > 0 then 'level' || product % 12 || '.category' || product % 300 end,
                        case when product % 7 > 0 then 'brand' || product % 900 end, 1 + product % 9000 / 10.0,
                        (500000000 + session / 2)::text, md5(session::text)::uuid::text, 'file:bench.csv@1', false, batch
                    from made, number
                    returning batch, event_time
                )
                insert into bronze.event_batch (batch, day, events)
                select batch, (event_time at time zone 'UTC')::date, count(*) from added group by 1, 2
                """
            );
        }

        _events += events;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
