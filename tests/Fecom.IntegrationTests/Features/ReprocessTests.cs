using Fecom.Contracts;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>Features that were removed are there again, each event counted once, when the endpoint has read its topic again.</summary>
public sealed class ReprocessTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task States_that_were_removed_are_built_again_from_the_log()
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

        // As README says it: at once, so that no event falls between.
        await using NpgsqlCommand remove = host.Database.CreateCommand(
            """
            begin;
            truncate features.session_state, features.product_state, features.category_state;
            delete from platform.sink_source where sink = 'features';
            update platform.sink_partition set next_offset = 0, version = version + 1 where sink = 'features';
            commit
            """
        );
        await remove.ExecuteNonQueryAsync(Cancelled);
        await redis.KillAsync();
        await redis.StartServerAsync();
        // The next event shows the host that its partition was moved.
        for (int i = 0; i < 200; i++)
        {
            (OutgoingMessage message, BehaviorEvent? more) = maker.Next();
            oracle.Add(more!);
            await host.Producer.SendAsync(Topics.RawUserBehavior, [message], Cancelled);
        }

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
