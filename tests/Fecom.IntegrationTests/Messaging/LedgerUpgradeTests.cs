using Fecom.Features;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation;
using Fecom.Warehouse;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>Sinks that kept a ledger each, beside their rows, go on in the one of the platform exactly where they stood.</summary>
public sealed class LedgerUpgradeTests(Servers servers)
{
    private static readonly SchemaMigrations[] Modules =
    [
        new("features", typeof(FeaturesModule).Assembly),
        new("bronze", typeof(WarehouseModule).Assembly),
        new("validation", typeof(ValidationModule).Assembly),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_offset_version_and_position_is_there_after_the_upgrade()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await MigrateAsync(database, Modules);
        foreach (
            (string schema, string sink, int factor) in new[]
            {
                ("features", "features", 1),
                ("bronze", "bronze", 2),
                ("validation", "invalid-events", 3),
            }
        )
        {
            await database.ExecuteAsync(
                $"""
                insert into {schema}.sink_partition (sink, partition, cluster, next_offset, version)
                select @sink, n, 'log-' || n, @factor * 1000000000000 + n, @factor * 100 + n from generate_series(0, 11) as n;
                insert into {schema}.sink_source (sink, partition, source, position, moved_at)
                select @sink, n, source, @factor * 1000 + n, timestamptz '2026-01-01 00:00:00Z' + n * interval '1 day'
                from generate_series(0, 11) as n, unnest(array['file:a.csv@1', 'api/lane=3']) as source
                """,
                new { sink, factor },
                Cancelled
            );
        }

        IReadOnlyList<string> partitions = await DumpAsync(database, "sink_partition");
        IReadOnlyList<string> sources = await DumpAsync(database, "sink_source");
        Assert.Equal((36, 72), (partitions.Count, sources.Count));

        await MigrateAsync(database, [.. Modules, new("platform", typeof(MessagingRegistration).Assembly)]);

        Assert.Equal(partitions, await DumpAsync(database, "sink_partition"));
        Assert.Equal(sources, await DumpAsync(database, "sink_source"));
        Assert.Equal(
            ["platform.sink_partition", "platform.sink_source"],
            await database.QueryAsync<string>(
                "select schemaname || '.' || tablename from pg_tables where tablename like 'sink%' order by 1",
                null,
                Cancelled
            )
        );
        IReadOnlyDictionary<int, long> offsets = await new SinkLedger<LedgerUpgradeTests>(
            database,
            "bronze",
            TimeProvider.System
        ).AssignAsync("log-7", [6, 7], Cancelled);
        Assert.Equal([new(7, 2_000_000_000_007)], offsets);
    }

    private static Task MigrateAsync(NpgsqlDataSource database, SchemaMigrations[] schemas) =>
        new Migrator(database, schemas, NullLogger<Migrator>.Instance).MigrateAsync(Cancelled);

    /// <summary>Every row of the tables of that name, wherever they lie.</summary>
    private static async Task<IReadOnlyList<string>> DumpAsync(NpgsqlDataSource database, string table)
    {
        IReadOnlyList<string> schemas = await database.QueryAsync<string>(
            "select schemaname from pg_tables where tablename = @table",
            new { table },
            Cancelled
        );
        string rows = string.Join(" union all ", schemas.Select(schema => $"select * from {schema}.{table}"));
        return await database.QueryAsync<string>($"select r::text from ({rows}) as r order by 1", null, Cancelled);
    }
}
