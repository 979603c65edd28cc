using Fecom.Contracts;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Features;

/// <summary>A Redis that drops keys when its memory is full, as it comes from some vendors.</summary>
public sealed class EvictionTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task What_Redis_evicts_is_pointed_out_and_written_again_over_a_restart_too()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        Oracle oracle = new();
        await using (PipelineHost host = await PipelineHost.StartAsync(database, redis.ConnectionString))
        {
            EventMaker maker = new(seed: 51, invalid: 0);
            (OutgoingMessage Message, BehaviorEvent? Event)[] events =
            [
                .. Enumerable.Range(0, 3_000).Select(_ => maker.Next()),
            ];
            Array.ForEach(events, e => oracle.Add(e.Event!));
            await host.Producer.SendAsync(Topics.RawUserBehavior, [.. events.Select(e => e.Message)], Cancelled);
            await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
            Assert.Equal(HealthStatus.Healthy, (await HealthAsync(host)).Status);

            await redis.ConfigureAsync("maxmemory-policy", "allkeys-lru");
            await redis.ConfigureAsync("maxmemory", "1200kb");

            Assert.NotEqual("", await DifferenceAsync(oracle, host));
            await Poll.UntilAsync(
                async () =>
                    (await HealthAsync(host)) is { Status: HealthStatus.Degraded, Description: { } says }
                    && says.Contains("allkeys-lru", StringComparison.Ordinal)
                    && says.Contains("noeviction", StringComparison.Ordinal),
                TimeSpan.FromSeconds(60),
                "health does not point the policy out"
            );
        }

        Assert.NotEqual("", await LostAsync(redis, database, oracle));
        await redis.ConfigureAsync("maxmemory", "0");
        await redis.ConfigureAsync("maxmemory-policy", "noeviction");
        await using PipelineHost second = await PipelineHost.StartAsync(database, redis.ConnectionString);

        await Poll.UntilEqualAsync("", () => DifferenceAsync(oracle, second), TimeSpan.FromSeconds(60), "Redis");
        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await HealthAsync(second)).Status,
            TimeSpan.FromSeconds(60),
            "health stays degraded"
        );
    }

    private static async Task<string> LostAsync(PrivateRedis redis, string database, Oracle oracle)
    {
        await using FeatureHost host = await FeatureHost.StartAsync(database, redis.ConnectionString);
        return await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync());
    }

    private static async Task<HealthReportEntry> HealthAsync(PipelineHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancelled)).Entries[
            "online_store"
        ];

    private static async Task<string> DifferenceAsync(Oracle oracle, PipelineHost host) =>
        await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync());
}
