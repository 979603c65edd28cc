using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>Features that were removed are there again, each event counted once, when they were built from bronze.</summary>
public sealed class ReprocessTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task States_that_were_lost_are_built_again_from_bronze_while_events_go_on_coming()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        EventMaker maker = new(seed: 12, invalid: 0);
        Oracle oracle = new();
        (OutgoingMessage Message, BehaviorEvent? Event)[] events =
        [
            .. Enumerable.Range(0, 2_000).Select(_ => maker.Next()),
        ];
        Array.ForEach(events, e => oracle.Add(e.Event!));
        await host.Producer.SendAsync(Topics.RawUserBehavior, [.. events.Select(e => e.Message)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await using NpgsqlCommand remove = host.Database.CreateCommand(
            "delete from features.state_product; update features.state_user set state = (select state from features.state_user limit 1)"
        );
        await remove.ExecuteNonQueryAsync(Cancelled);
        Assert.NotEqual("", await oracle.DifferenceToOfflineStoreAsync(host.Database));

        // While events go on coming.
        Task<long> built = host.Services.GetRequiredService<Materialization>().RunAsync(onlyIfAsked: false, Cancelled);
        for (int i = 0; i < 20; i++)
        {
            (OutgoingMessage Message, BehaviorEvent? Event)[] more =
            [
                .. Enumerable.Range(0, 100).Select(_ => maker.Next()),
            ];
            Array.ForEach(more, e => oracle.Add(e.Event!));
            await host.Producer.SendAsync(Topics.RawUserBehavior, [.. more.Select(e => e.Message)], Cancelled);
        }

        Assert.NotEqual(0, await built);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        Assert.Equal("", await oracle.DifferenceToOfflineStoreAsync(host.Database));
        await Poll.UntilEqualAsync("", () => DifferenceAsync(oracle, host), TimeSpan.FromSeconds(60), "Redis");
    }

    private static async Task<string> DifferenceAsync(Oracle oracle, PipelineHost host)
    {
        try
        {
            return await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync());
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return e.Message;
        }
    }
}
