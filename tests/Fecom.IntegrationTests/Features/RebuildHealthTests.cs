using Fecom.Features.StreamFeatures;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>While the features are built anew, their stream waits: whoever looks at health is told.</summary>
public sealed class RebuildHealthTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_rebuild_that_is_under_way_is_said_until_it_has_ended()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(database, redis.ConnectionString);
        await using NpgsqlDataSource other = NpgsqlDataSource.Create(database);
        await using NpgsqlConnection connection = await other.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancelled);
        await using (NpgsqlCommand hold = new("lock table features.state_shop in access share mode", connection))
        {
            await hold.ExecuteNonQueryAsync(Cancelled);
        }

        Task<long> rebuild = host
            .Services.GetRequiredService<Materialization>()
            .RunAsync(onlyIfAsked: false, Cancelled);

        HealthReportEntry during = await HealthAsync(host);
        Assert.Equal(HealthStatus.Degraded, during.Status);
        Assert.Contains("built anew", during.Description, StringComparison.Ordinal);

        await transaction.RollbackAsync(Cancelled);
        await rebuild;
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync(host)).Status);
    }

    /// <summary>Its tables are as large as the states: on a disk that they filled nothing else would get on either.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_rebuild_that_fails_leaves_none_of_its_tables()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(database, redis.ConnectionString);
        await using NpgsqlDataSource other = NpgsqlDataSource.Create(database);
        await using (
            NpgsqlCommand spoil = other.CreateCommand(
                """
                insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, price, user_id,
                    user_session, source)
                values (now(), now(), now(), gen_random_uuid(), 1, 'no_type', '1', 1, 'u', 's', 'a test')
                """
            )
        )
        {
            await spoil.ExecuteNonQueryAsync(Cancelled);
        }

        Materialization materialization = host.Services.GetRequiredService<Materialization>();
        await Assert.ThrowsAsync<InvalidDataException>(() => materialization.RunAsync(onlyIfAsked: false, Cancelled));

        await using NpgsqlCommand left = other.CreateCommand(
            "select count(*) from pg_tables where schemaname = 'features' and tablename like 'built%'"
        );
        Assert.Equal(0L, await left.ExecuteScalarAsync(Cancelled));
    }

    private static async Task<HealthReportEntry> HealthAsync(PipelineHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancelled)).Entries[
            "online_store"
        ];
}
