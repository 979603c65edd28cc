using Fecom.Contracts;
using Fecom.Features.ForgetSessions;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Features;

/// <summary>What the feature store forgets, and what must stay: the job on a real PostgreSQL, with Redis beside it.</summary>
public sealed class RetentionTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Old_states_go_live_ones_stay_and_what_comes_back_begins_anew_in_both_stores()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        SharedShop shop = new(seed: 7, partitions: 2);
        TopicMessage<BehaviorEvent>[] before =
        [
            Next(shop, 0, "gone"),
            Next(shop, 0, "live"),
            Next(shop, 1, "idle"),
            Next(shop, 0, "gone"),
        ];
        await host.TakeAsync(before);
        await ExecuteAsync(
            host.Database,
            """
            update features.state_session set updated_at = now() - case entity when 'gone' then interval '91 days' else interval '89 days' end;
            update features.state_product set updated_at = now() - case entity when 'gone' then interval '731 days' else interval '729 days' end
            """
        );

        Dictionary<string, long> forgotten = await Job(host).ForgetAsync(Cancelled);
        Assert.Equal((1, 1, 0), (forgotten["session"], forgotten["product"], forgotten["user"]));
        Assert.All((await Job(host).ForgetAsync(Cancelled)).Values, again => Assert.Equal(0, again));

        // Redis still has what was forgotten. Another host, which remembers nothing, takes what comes next.
        await using FeatureHost next = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        TopicMessage<BehaviorEvent>[] after = [Next(shop, 0, "gone"), Next(shop, 0, "live"), Next(shop, 1, "new")];
        await next.TakeAsync(after);

        Assert.Equal(
            "",
            await OracleOf([before[1], before[2], .. after])
                .DifferenceToOnlineStoreAsync(
                    await next.Redis.DatabaseAsync(),
                    FeatureViews.Session,
                    FeatureViews.Product
                )
        );

        // Filled again, Redis has what lives there: what was idle for longer has expired.
        await redis.KillAsync();
        await redis.StartServerAsync();
        await Poll.UntilAsync(() => TryCatchUpAsync(next), TimeSpan.FromSeconds(60), "Redis was not filled again");
        IDatabase filled = await next.Redis.DatabaseAsync();
        Assert.Equal(
            "",
            await OracleOf([before[1], .. after])
                .DifferenceToOnlineStoreAsync(filled, FeatureViews.Session, FeatureViews.Product)
        );
        Assert.False(await filled.KeyExistsAsync("fs:session:idle"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_large_store_is_forgotten_in_pieces_and_nobody_who_writes_waits()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await ExecuteAsync(
            host.Database,
            """
            insert into features.state_session (entity, revision, updated_at, state)
            select 's' || n, 1, now() - n % 3 * interval '60 days', '\x00'::bytea from generate_series(1, 150000) as n
            union all values ('live', 1, now(), '\x00'::bytea)
            """
        );
        await using NpgsqlConnection writer = await host.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction open = await writer.BeginTransactionAsync(Cancelled);
        await using NpgsqlCommand write = new(
            """
            update features.state_session set revision = 2 where entity = 'live';
            insert into features.state_session (entity, revision, updated_at, state) values ('new', 1, now(), '\x00')
            """,
            writer
        );
        await write.ExecuteNonQueryAsync(Cancelled);

        Assert.Equal(50_000, (await Job(host).ForgetAsync(Cancelled))["session"]);

        await open.CommitAsync(Cancelled);
        Assert.Equal((100_002, 0), await CountAsync(host.Database));
    }

    private static ForgetSessionsJob Job(FeatureHost host) =>
        new(
            host.Database,
            Options.Create(new SessionOptions()),
            Options.Create(new ProductOptions()),
            TimeProvider.System
        );

    private static async Task<(long Kept, long Old)> CountAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand count = database.CreateCommand(
            "select count(*), count(*) filter (where updated_at < now() - interval '90 days') from features.state_session"
        );
        await using NpgsqlDataReader reader = await count.ExecuteReaderAsync(Cancelled);
        await reader.ReadAsync(Cancelled);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>An event whose product has the session's name, and no category.</summary>
    private static TopicMessage<BehaviorEvent> Next(SharedShop shop, int partition, string name)
    {
        TopicMessage<BehaviorEvent> message = shop.Next(partition, name, name);
        return message with { Value = message.Value with { CategoryId = null } };
    }

    private static Oracle OracleOf(IEnumerable<TopicMessage<BehaviorEvent>> messages)
    {
        Oracle oracle = new();
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }

        return oracle;
    }

    private static async Task<bool> TryCatchUpAsync(FeatureHost host)
    {
        try
        {
            return await host.CatchUpAsync();
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return false;
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
