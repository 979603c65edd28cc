using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>A database from before these views: their states are built from bronze, as if they had been there from the first event, and the stream goes on from there.</summary>
public sealed class UpgradeTests(Servers servers)
{
    private const int Partitions = 3;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Events_from_before_the_upgrade_count_once_and_go_online_with_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await StoredEvents.MigrateAsync(host.Database);
        SharedShop shop = new(seed: 1, Partitions);
        Oracle oracle = new();
        TopicMessage<BehaviorEvent>[] old = [.. Enumerable.Range(0, 500).Select(_ => shop.Next())];
        TopicMessage<BehaviorEvent>[] more = [.. Enumerable.Range(0, 500).Select(_ => shop.Next())];
        AddTo(oracle, [.. old, .. more]);
        await WriteBronzeAsync(host.Database, old);
        // What an earlier version left: its own idea of where it stands, and values of another form.
        await ExecuteAsync(
            host.Database,
            "insert into features.rebuild values (now()); insert into platform.sink_partition (sink, partition, cluster, next_offset, version) values ('features', 0, 'log', 1, 7)"
        );
        await (await host.Redis.DatabaseAsync()).HashSetAsync("fs:product:p1", "price", "1");

        await host.AssignAsync([.. Enumerable.Range(0, Partitions)]);
        // Its endpoint may have read what bronze has not, and gets again what bronze has.
        await host.TakeAtLastAsync([.. old[400..], .. more]);
        await host.CatchUpAsync();

        Assert.Equal("", await oracle.DifferenceToOfflineStoreAsync(host.Database));
        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync()));
    }

    private static void AddTo(Oracle oracle, TopicMessage<BehaviorEvent>[] messages)
    {
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }
    }

    /// <summary>The events as bronze has them, and how far it has come.</summary>
    private static async Task WriteBronzeAsync(NpgsqlDataSource database, TopicMessage<BehaviorEvent>[] messages)
    {
        await StoredEvents.WriteAsync(database, messages.Select(message => message.Value));
        foreach (IGrouping<int, TopicMessage<BehaviorEvent>> some in messages.GroupBy(message => message.Partition))
        {
            await ExecuteAsync(
                database,
                "insert into platform.sink_partition (sink, partition, cluster, next_offset, version) values ('bronze', $1, 'log', $2, 3)",
                some.Key,
                some.Max(message => message.Offset) + 1
            );
            await ExecuteAsync(
                database,
                "insert into platform.sink_source (sink, partition, source, position) values ('bronze', $1, $2, $3)",
                some.Key,
                some.First().Origin.Source,
                some.Max(message => message.Origin.Position)
            );
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, params object?[] values)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        foreach (object? value in values)
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
