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

        await CutOffAsync(host, oracle, maker);

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

    /// <summary>A build that cannot end, since somebody reads the old states: they stay, and their stream goes on.</summary>
    private static async Task CutOffAsync(PipelineHost host, Oracle oracle, EventMaker maker)
    {
        using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await using NpgsqlConnection other = await host.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction reading = await other.BeginTransactionAsync(Cancelled);
        await using (NpgsqlCommand hold = new("lock table features.state_shop in access share mode", other))
        {
            await hold.ExecuteNonQueryAsync(Cancelled);
        }

        Task<long> built = host.Services.GetRequiredService<Materialization>().RunAsync(onlyIfAsked: false, cut.Token);
        long before = await CountAsync(host, "state_session");
        await Poll.UntilAsync(
            async () =>
                await CountAsync(host, "built_session", ifThere: true) == before
                && await CountAsync(host, "built_shop", ifThere: true) == 1,
            TimeSpan.FromSeconds(60),
            "states were not built"
        );
        (OutgoingMessage Message, BehaviorEvent? Event)[] more =
        [
            .. Enumerable.Range(0, 500).Select(_ => maker.Next()),
        ];
        Array.ForEach(more, e => oracle.Add(e.Event!));
        await host.Producer.SendAsync(Topics.RawUserBehavior, [.. more.Select(e => e.Message)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        Assert.True(await CountAsync(host, "state_session") > before, "the stream did not go on");
        Assert.False(built.IsCompleted);

        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => built);
        await reading.RollbackAsync(Cancelled);
        Assert.NotEqual("", await oracle.DifferenceToOfflineStoreAsync(host.Database));
    }

    private static async Task<long> CountAsync(PipelineHost host, string table, bool ifThere = false)
    {
        if (ifThere)
        {
            await using NpgsqlCommand find = host.Database.CreateCommand(
                $"select to_regclass('features.{table}') is not null"
            );
            if (!(bool)(await find.ExecuteScalarAsync(Cancelled))!)
            {
                return 0;
            }
        }

        await using NpgsqlCommand count = host.Database.CreateCommand($"select count(*) from features.{table}");
        return (long)(await count.ExecuteScalarAsync(Cancelled))!;
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
