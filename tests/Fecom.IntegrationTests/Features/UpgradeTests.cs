using System.Globalization;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Features;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Features;

/// <summary>A database from before the counters has them after the upgrade, as if they had been there from the first event.</summary>
public sealed class UpgradeTests(Servers servers)
{
    private const int Partitions = 3;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Events_from_before_the_upgrade_count_and_go_online_with_it()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await GoBackAsync(host.Database);
        SharedShop shop = new(seed: 1, Partitions);
        Oracle oracle = new();
        TopicMessage<BehaviorEvent>[] old = [.. Enumerable.Range(0, 500).Select(_ => shop.Next())];
        await WriteOldAsync(host, old);

        await FeatureHost.MigrateAsync(host.Database);
        await host.AssignAsync([.. Enumerable.Range(0, Partitions)]);
        // A hash of before is read as a product that is not known, until it is written anew.
        Assert.True(
            (
                await (await host.Redis.DatabaseAsync()).StringGetAsync([
                    FeatureKeys.Key("product", old[0].Value.ProductId),
                ])
            )[0].IsNull
        );
        for (int partition = 0; partition < Partitions; partition++)
        {
            await host.CatchUpAsync(partition);
        }

        AddTo(oracle, old);
        Assert.Equal("", await oracle.DifferenceToMergedViewsAsync(await host.Redis.DatabaseAsync()));

        TopicMessage<BehaviorEvent>[] more = [.. Enumerable.Range(0, 500).Select(_ => shop.Next())];
        await host.TakeAsync(more);

        AddTo(oracle, more);
        Assert.Equal("", await oracle.DifferenceToMergedViewsAsync(await host.Redis.DatabaseAsync()));
    }

    private static void AddTo(Oracle oracle, TopicMessage<BehaviorEvent>[] messages)
    {
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }
    }

    /// <summary>The schema as the first script leaves it.</summary>
    private static async Task GoBackAsync(NpgsqlDataSource database)
    {
        await ExecuteAsync(database, "drop schema features cascade");
        await ExecuteAsync(database, "create schema features");
        await using Stream script = typeof(FeaturesModule).Assembly.GetManifestResourceStream(
            "Fecom.Features.Migrations.0001_feature_store.sql"
        )!;
        await ExecuteAsync(database, await new StreamReader(script).ReadToEndAsync(Cancelled));
        await ExecuteAsync(
            database,
            """
            drop table platform.sink_partition, platform.sink_source;
            delete from platform.migration where schema_name = 'features' and script not like '%0001_%'
                or schema_name = 'platform' and script = '0012_sink_ledger.sql'
            """
        );
    }

    /// <summary>What the stores held before: rows of events, a product's newest event as JSON, and its hash without counts.</summary>
    private static async Task WriteOldAsync(FeatureHost host, TopicMessage<BehaviorEvent>[] messages)
    {
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            BehaviorEvent e = message.Value;
            (string? level1, string? level2) = CategoryLevels.Of(e.CategoryCode);
            await ExecuteAsync(
                host.Database,
                """
                insert into features.session_row (event_time, received_at, event_id, activity_count, event_weekday, event_type, user_id,
                    user_session, product_id, category_id, category_code_level1, category_code_level2, price, brand)
                values ($1, $2, $3, 1, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                """,
                e.EventTime,
                e.ReceivedAt,
                e.EventId,
                e.EventType.Name(),
                e.UserId,
                e.UserSession,
                e.ProductId,
                e.CategoryId,
                level1,
                level2,
                e.Price,
                e.Brand
            );
        }

        IDatabase redis = await host.Redis.DatabaseAsync();
        foreach (
            IGrouping<string, TopicMessage<BehaviorEvent>> product in messages.GroupBy(message =>
                message.Value.ProductId
            )
        )
        {
            (BehaviorEvent newest, int partition) = product
                .Select(message => (message.Value, message.Partition))
                .MaxBy(e => e.Value.EventTime);
            string[] fields =
            [
                .. ProductView
                    .Step(null, newest)
                    .ToFields()
                    .Chunk(2)
                    .Where(field => !field[0].EndsWith("_count", StringComparison.Ordinal))
                    .SelectMany(f => f),
            ];
            await ExecuteAsync(
                host.Database,
                "insert into features.product_state (product_id, partition, version, updated_at, event_time, event_id, state) values ($1, $2, 7, now(), $3, $4, $5::json)",
                product.Key,
                partition,
                newest.EventTime,
                newest.EventId,
                JsonSerializer.Serialize(fields.Where((_, i) => i % 2 == 1))
            );
            string guard = string.Create(
                CultureInfo.InvariantCulture,
                $"{newest.EventTime.Ticks:D19}:{newest.EventId:N}"
            );
            await redis.HashSetAsync(
                $"fs:product:{product.Key}",
                [new("_guard", guard), .. fields.Chunk(2).Select(field => new HashEntry(field[0], field[1]))]
            );
        }

        for (int partition = 0; partition < Partitions; partition++)
        {
            long next = messages.Where(message => message.Partition == partition).Max(message => message.Offset) + 1;
            await ExecuteAsync(
                host.Database,
                "insert into features.sink_partition values ('features', $1, 'log', $2, 7)",
                partition,
                next
            );
            await redis.HashSetAsync("fs:applied", partition, 7);
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
