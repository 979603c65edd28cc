using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Features;

/// <summary>Several hosts on one PostgreSQL and one Redis, with sessions and products that lie in the partitions of all of them.</summary>
public sealed class SharedPartitionsTests(Servers servers)
{
    private const int Partitions = 6;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Hosts_that_write_the_same_sessions_and_products_at_once_count_every_event_once(int seed)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost first = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await using FeatureHost second = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        SharedShop shop = new(seed, Partitions);
        TopicMessage<BehaviorEvent>[] messages = [.. Enumerable.Range(0, 3_000).Select(_ => shop.Next())];
        Oracle oracle = new();
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }

        await first.AssignAsync(0, 1, 2);
        await second.AssignAsync(3, 4, 5);
        TopicMessage<BehaviorEvent>[][] firsts = [.. messages.Where(message => message.Partition < 3).Chunk(100)];
        TopicMessage<BehaviorEvent>[][] seconds = [.. messages.Where(message => message.Partition >= 3).Chunk(100)];
        // One after the other at first: then each remembers sessions that the other has written.
        await first.TakeAtLastAsync(firsts[0]);
        await second.TakeAtLastAsync(seconds[0]);
        await Task.WhenAll(RunAsync(first, firsts.Skip(1)), RunAsync(second, seconds.Skip(1)));

        Assert.NotEqual(0, first.Conflicts + second.Conflicts);
        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(await first.Redis.DatabaseAsync()));

        await redis.KillAsync();
        await redis.StartServerAsync();
        await Poll.UntilAsync(() => TryCatchUpAsync(second), TimeSpan.FromSeconds(60), "Redis was not filled again");

        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(await second.Redis.DatabaseAsync()));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_session_that_another_host_has_written_is_read_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost first = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await using FeatureHost second = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await first.AssignAsync(0);
        await second.AssignAsync(1);
        SharedShop shop = new(seed: 3, Partitions);

        await first.TakeAsync(shop.Next(0, "s", "p"), shop.Next(0, "s", "p"));
        await second.TakeAsync(shop.Next(1, "s", "p"));
        await first.TakeAsync(shop.Next(0, "s", "p"));
        await second.TakeAsync(shop.Next(1, "s", "p"), shop.Next(1, "other", "p"));

        Assert.Equal((1, 1), (first.Conflicts, second.Conflicts));
        IDatabase online = await first.Redis.DatabaseAsync();
        Assert.Equal(("5", "1"), (await ActivityAsync(online, "s"), await ActivityAsync(online, "other")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_session_of_two_visitors_on_one_host_needs_no_second_attempt()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await host.AssignAsync(0, 1);
        SharedShop shop = new(seed: 4, Partitions);

        for (int i = 0; i < 3; i++)
        {
            await host.TakeAsync(shop.Next(0, "s", "p"));
            await host.TakeAsync(shop.Next(1, "s", "p"));
        }

        Assert.Equal(0, host.Conflicts);
        Assert.Equal("6", await ActivityAsync(await host.Redis.DatabaseAsync(), "s"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_host_whose_partition_was_given_away_writes_nothing_twice()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost before = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await using FeatureHost after = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        SharedShop shop = new(seed: 5, Partitions);
        TopicMessage<BehaviorEvent>[] messages = [.. Enumerable.Range(0, 30).Select(_ => shop.Next(0, "s", "p"))];
        await before.AssignAsync(0);
        await before.TakeAsync(messages[..10]);
        await after.AssignAsync(0);
        await after.TakeAsync(messages[10..20]);

        await before.TakeAtLastAsync(messages[10..30]);
        await after.TakeAtLastAsync(messages[20..30]);

        Assert.Equal("30", await ActivityAsync(await after.Redis.DatabaseAsync(), "s"));
    }

    private static Task RunAsync(FeatureHost host, IEnumerable<TopicMessage<BehaviorEvent>[]> batches) =>
        Task.Run(
            async () =>
            {
                foreach (TopicMessage<BehaviorEvent>[] batch in batches)
                {
                    await host.TakeAtLastAsync(batch);
                }
            },
            Cancelled
        );

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

    private static Task<string?> ActivityAsync(IDatabase redis, string session) =>
        OnlineValues.FeatureAsync(redis, FeatureViews.Session, session, "activity_count");
}
